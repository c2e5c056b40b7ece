//! Honor's answers: `code` is a number, 200 means success, and `data` names the tokens that failed.

use serde_json::{Value, json};

use crate::simulators::engine::{Answer, digits};

/// Returns the answer for a code with its usual message.
pub fn coded(code: &str) -> Answer {
    coded_with(code, message(code))
}

/// Returns the answer for a code with another message.
pub fn coded_with(code: &str, message: &str) -> Answer {
    let number = code.parse::<u64>().map_or_else(|_| json!(code), Value::from);
    // Codes of three digits are HTTP statuses. How Honor sends its other codes is not known; here they come with 200.
    let status = code.parse().ok().filter(|status| (200..600).contains(status)).unwrap_or(200);
    Answer::json(status, &json!({"code": number, "message": message}))
}

fn message(code: &str) -> &'static str {
    match code {
        "200" => "success",
        "400" => "parameter error",
        "401" => "authentication failed",
        "403" => "access denied",
        "404" => "not found",
        "413" => "request entity too large",
        "429" => "too many requests",
        "500" => "internal server error",
        "503" => "service unavailable",
        _ => "unknown",
    }
}

/// Returns the results of the tokens.
pub fn result(accepted: usize, failed: &[&str], expired: &[&str]) -> Answer {
    let data = json!({
        "sendResult": accepted > 0,
        "requestId": format!("{}_{}", digits(10), digits(9)),
        "failTokens": failed,
        "expireTokens": expired,
    });
    Answer::json(200, &json!({"code": 200, "message": message("200"), "data": data}))
}

/// Returns an error of the OAuth server.
pub fn oauth(status: u16, error: &str, description: &str) -> Answer {
    Answer::json(status, &json!({"error": error, "error_description": description}))
}

pub fn access_token(token: &str, lifetime_seconds: u64) -> Answer {
    Answer::json(200, &json!({"access_token": token, "expires_in": lifetime_seconds, "token_type": "Bearer"}))
}

//! Huawei's answers. `code` is a string; details of a partial result are JSON inside a string.
//!
//! Codes: <https://developer.huawei.com/consumer/en/doc/HMSCore-References/https-send-api-0000001050986197>, of HarmonyOS
//! <https://developer.huawei.com/consumer/cn/doc/harmonyos-references/push-scenariozed-api-response>.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::simulators::engine::{Answer, digits};

/// Code, HTTP status, message.
///
/// Huawei does not publish the status of each code. Its rule: 200 for business results, 400 for faults of the request,
/// 401 for faults of authentication.
const CODES: &[(&str, u16, &str)] = &[
    ("80000000", 200, "Success"),
    ("80000001", 500, "common service error"),
    ("80100001", 400, "Parameter error."),
    ("80100002", 400, "Incorrect number of tokens."),
    ("80100003", 400, "Illegal payload"),
    ("80100004", 400, "The expiration time is before the current time."),
    ("80100013", 400, "Illegal payload, collapse_key value ranges from -1 to 100"),
    ("80100016", 400, "The message contains sensitive information."),
    ("80100017", 503, "A maximum of 100 topic-based messages can be sent at the same time."),
    ("80100018", 400, "Content signature verification failed."),
    ("80200001", 401, "OAuth authentication error."),
    ("80200003", 401, "OAuth token expired."),
    ("80200005", 401, "JWT token expired."),
    ("80300002", 200, "The current app does not have the permission to send messages."),
    ("80300007", 200, "All the tokens are invalid"),
    ("80300008", 400, "The message body size exceeds the default value."),
    ("80300010", 400, "The number of tokens in the message body exceeds the default value."),
    ("80300011", 400, "You are not authorized to send high-priority messages."),
    ("80300013", 400, "Invalid receipt URL."),
    ("80100022", 400, "The image is not verified."),
    ("80300029", 400, "The number of test messages exceeds the limit."),
    ("80300030", 400, "The number of tokens of a test message exceeds the limit."),
    ("80300036", 401, "The JWT token lives for too long."),
    ("80300037", 200, "The app is being punished."),
    ("80600003", 500, "Failed to request the OAuth service."),
    ("81000001", 500, "System internal error."),
];

/// Returns the answer for a code with its usual message. Codes outside the table come with status 200.
pub fn coded(code: &str) -> Answer {
    let (code, status, message) = *CODES.iter().find(|row| row.0 == code).unwrap_or(&(code, 200, "Unknown"));
    document(status, code, message)
}

/// Returns the answer for a code with another message.
pub fn coded_with(code: &str, message: &str) -> Answer {
    let status = CODES.iter().find(|row| row.0 == code).map_or(400, |row| row.1);
    document(status, code, message)
}

/// Returns a partial result: some tokens failed permanently, the others were accepted.
pub fn partial(accepted: usize, illegal: &[&str]) -> Answer {
    let details = json!({"success": accepted, "failure": illegal.len(), "illegal_tokens": illegal});
    document(200, "80100000", &details.to_string())
}

/// Returns a partial result of HarmonyOS, with the failed tokens by reason. If no token was accepted, the count is left
/// out.
pub fn named(accepted: usize, failed: &BTreeMap<String, Vec<&str>>) -> Answer {
    let mut details = json!({"failure": failed.values().map(Vec::len).sum::<usize>(), "illegalTokens": failed});
    if accepted == 0 {
        return document(200, "80300007", &details.to_string());
    }
    details["success"] = json!(accepted);
    document(200, "80100000", &details.to_string())
}

/// Returns the answer to an overload. It comes from a proxy and has no code.
pub fn flow_control() -> Answer {
    Answer::html(503, "Service Temporarily Unavailable")
}

/// Returns an error of the OAuth server. Here both codes are numbers.
pub fn oauth(error: u32, sub_error: u32, description: &str) -> Answer {
    Answer::json(400, &json!({"sub_error": sub_error, "error_description": description, "error": error}))
}

/// Returns an access token. Its slashes are escaped, as Huawei does, so only a JSON parser reads it correctly.
pub fn access_token(token: &str, lifetime_seconds: u64) -> Answer {
    let body = json!({"access_token": token, "expires_in": lifetime_seconds, "token_type": "Bearer"});
    Answer::text(200, "application/json;charset=UTF-8", body.to_string().replace('/', "\\/"))
}

fn document(status: u16, code: &str, message: &str) -> Answer {
    let body: Value = json!({"code": code, "msg": message, "requestId": digits(24)});
    Answer::text(status, "application/json;charset=UTF-8", body.to_string())
}

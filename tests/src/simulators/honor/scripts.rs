//! Scripts the known faults of Honor.

use serde_json::{Value, json};

use super::NAME;
use crate::simulators::engine::{Endpoint, Fault, FaultRule};

/// Results of single tokens.
pub(super) const EXPIRED: &str = "expired";
pub(super) const FAILED: &str = "failed";

fn send(fault: Fault) -> FaultRule {
    FaultRule::new(NAME, fault).at(Endpoint::Send)
}

fn answering(body: Value) -> FaultRule {
    let fault = Fault::status(200).with_header("content-type", "application/json");
    send(match fault {
        Fault::Answer { status, headers, .. } => Fault::Answer { status, headers, body: body.to_string() },
        other => other,
    })
}

/// Lists the token in `expireTokens` of every answer.
pub fn expired_token(token: &str) -> FaultRule {
    send(Fault::TokenResult { code: EXPIRED.to_owned() }).for_token(token).always()
}

/// Lists the token in `failTokens` of the next `times` answers.
pub fn failed_token(token: &str, times: u32) -> FaultRule {
    send(Fault::TokenResult { code: FAILED.to_owned() }).for_token(token).times(times)
}

/// Answers the next send with any result code.
pub fn coded(code: &str) -> FaultRule {
    send(Fault::code(code))
}

/// Refuses the access token as expired.
pub fn access_refused() -> FaultRule {
    coded("403")
}

/// Answers with an overload, with or without a `Retry-After`.
pub fn rate_limited(retry_after_seconds: Option<u32>) -> FaultRule {
    send(match retry_after_seconds {
        Some(seconds) => Fault::code("429").with_header("retry-after", seconds.to_string()),
        None => Fault::code("429"),
    })
}

/// Answers with the error page of a proxy.
pub fn bad_gateway() -> FaultRule {
    send(Fault::html(502))
}

/// Delivers the messages, then ends the connection without an answer.
pub fn lost_answer() -> FaultRule {
    send(Fault::Close {}).after_delivery()
}

/// Refuses the secret, as after a change in Honor's console.
pub fn secret_changed() -> FaultRule {
    FaultRule::new(NAME, Fault::code("invalid_client")).at(Endpoint::Token)
}

/// Answers that nothing was sent, without a result for any token.
pub fn not_sent() -> FaultRule {
    let data = json!({"sendResult": false, "requestId": "1", "failTokens": [], "expireTokens": []});
    answering(json!({"code": 200, "message": "success", "data": data}))
}

/// Answers success without results of the tokens.
pub fn without_data() -> FaultRule {
    answering(json!({"code": 200, "message": "success"}))
}

/// Answers success with a code that is a string.
pub fn string_code() -> FaultRule {
    answering(json!({"code": "200", "message": "success", "data": {"sendResult": true, "requestId": "1"}}))
}

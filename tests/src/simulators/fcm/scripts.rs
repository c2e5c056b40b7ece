//! Scripts the known faults of FCM.

use super::{NAME, answer};
use crate::simulators::engine::{Endpoint, Fault, FaultRule};

fn send(fault: Fault) -> FaultRule {
    FaultRule::new(NAME, fault).at(Endpoint::Send)
}

/// Calls this token unregistered.
pub fn unregistered(token: &str) -> FaultRule {
    token_result(token, "UNREGISTERED")
}

/// Gives one token a result: `UNREGISTERED`, `INVALID_ARGUMENT`, `SENDER_ID_MISMATCH` or any other code.
pub fn token_result(token: &str, code: &str) -> FaultRule {
    send(Fault::TokenResult { code: code.to_owned() }).for_token(token).always()
}

/// Throttles the sender, with or without a `Retry-After`.
pub fn rate_limited(retry_after_seconds: Option<u64>) -> FaultRule {
    let fault = Fault::code("QUOTA_EXCEEDED");
    send(match retry_after_seconds {
        Some(seconds) => fault.with_header("retry-after", seconds.to_string()),
        None => fault,
    })
}

pub fn unavailable(retry_after_seconds: u64) -> FaultRule {
    send(Fault::code("UNAVAILABLE").with_header("retry-after", retry_after_seconds.to_string()))
}

/// Answers with FCM's internal error.
pub fn internal() -> FaultRule {
    send(Fault::code("INTERNAL"))
}

pub fn bad_gateway() -> FaultRule {
    send(Fault::html(502))
}

/// Refuses the access token as expired.
pub fn unauthenticated() -> FaultRule {
    send(Fault::code("UNAUTHENTICATED"))
}

/// Delivers the message, then ends the connection without an answer.
pub fn lost_answer() -> FaultRule {
    send(Fault::Close {}).after_delivery()
}

/// Refuses the message's content. The token is valid.
pub fn payload_rejected() -> FaultRule {
    let answer = answer::bad_message("message", "Request contains an invalid argument.");
    send(Fault::Answer { status: answer.status, headers: answer.headers.into_iter().collect(), body: answer.body })
}

/// Refuses the grant: Google does not know the signing key any more.
pub fn key_revoked() -> FaultRule {
    FaultRule::new(NAME, Fault::code("invalid_grant")).at(Endpoint::Token)
}

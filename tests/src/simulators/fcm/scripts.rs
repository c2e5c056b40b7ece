//! Faults that FCM is known for, ready to be scripted.

use super::{NAME, answer};
use crate::simulators::engine::{Endpoint, Fault, FaultRule};

fn send(fault: Fault) -> FaultRule {
    FaultRule::new(NAME, fault).at(Endpoint::Send)
}

/// The app is gone from this device.
pub fn unregistered(token: &str) -> FaultRule {
    token_result(token, "UNREGISTERED")
}

/// `UNREGISTERED`, `INVALID_ARGUMENT` (of the token), `SENDER_ID_MISMATCH` or any other code for one token.
pub fn token_result(token: &str, code: &str) -> FaultRule {
    send(Fault::TokenResult { code: code.to_owned() }).for_token(token).always()
}

/// Too many messages, with or without a hint when to go on.
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

/// A failure inside FCM, in its own words.
pub fn internal() -> FaultRule {
    send(Fault::code("INTERNAL"))
}

pub fn bad_gateway() -> FaultRule {
    send(Fault::html(502))
}

/// The access token was ended early.
pub fn unauthenticated() -> FaultRule {
    send(Fault::code("UNAUTHENTICATED"))
}

/// The message is delivered, then the connection ends without an answer.
pub fn lost_answer() -> FaultRule {
    send(Fault::Close {}).after_delivery()
}

/// Something in the message displeases FCM; its token is well.
pub fn payload_rejected() -> FaultRule {
    let answer = answer::bad_message("message", "Request contains an invalid argument.");
    send(Fault::Answer { status: answer.status, headers: answer.headers.into_iter().collect(), body: answer.body })
}

/// Google no longer knows the key that signed.
pub fn key_revoked() -> FaultRule {
    FaultRule::new(NAME, Fault::code("invalid_grant")).at(Endpoint::Token)
}

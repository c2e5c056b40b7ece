//! Faults that OPPO is known for, ready to be scripted.

use std::collections::BTreeMap;

use super::NAME;
use crate::simulators::engine::{Endpoint, Fault, FaultRule};

fn send(fault: Fault) -> FaultRule {
    FaultRule::new(NAME, fault).at(Endpoint::Send)
}

/// A result for one token, always: alone, or in its element of a batch.
pub fn token_result(token: &str, code: i64) -> FaultRule {
    send(Fault::TokenResult { code: code.to_string() }).for_token(token).always()
}

/// The token was never one, or the app was removed from its phone.
pub fn invalid_token(token: &str) -> FaultRule {
    token_result(token, 10_000)
}

/// The person switched the app's notifications off.
pub fn unsubscribed(token: &str) -> FaultRule {
    token_result(token, 10_001)
}

/// Any result code for the whole of the next send.
pub fn coded(code: i64) -> FaultRule {
    send(Fault::code(&code.to_string()))
}

pub fn token_expired() -> FaultRule {
    coded(11)
}

/// Too many device tokens in a second.
pub fn too_fast() -> FaultRule {
    coded(55)
}

pub fn flow_control() -> FaultRule {
    coded(-2)
}

/// A failure inside OPPO, in its own words.
pub fn unavailable() -> FaultRule {
    coded(-1)
}

/// The public messages of the day are used up.
pub fn daily_limit() -> FaultRule {
    coded(33)
}

/// The category or its level was not granted.
pub fn category_refused() -> FaultRule {
    coded(67)
}

/// The messages are delivered, then the connection ends without an answer.
pub fn lost_answer() -> FaultRule {
    send(Fault::Close {}).after_delivery()
}

/// The master secret was changed in OPPO's console.
pub fn secret_changed() -> FaultRule {
    FaultRule::new(NAME, Fault::code("16")).at(Endpoint::Token)
}

/// Success, without a word on any message.
pub fn no_elements() -> FaultRule {
    let body = r#"{"code":0,"message":"success","data":{}}"#.to_owned();
    send(Fault::Answer { status: 200, headers: BTreeMap::new(), body }.with_header("content-type", "application/json"))
}

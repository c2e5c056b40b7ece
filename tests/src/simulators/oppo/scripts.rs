//! Scripts the known faults of OPPO.

use std::collections::BTreeMap;

use super::NAME;
use crate::simulators::engine::{Endpoint, Fault, FaultRule};

fn send(fault: Fault) -> FaultRule {
    FaultRule::new(NAME, fault).at(Endpoint::Send)
}

/// Gives one token this result in every answer, alone or in its element of a batch.
pub fn token_result(token: &str, code: i64) -> FaultRule {
    send(Fault::TokenResult { code: code.to_string() }).for_token(token).always()
}

/// Calls the token invalid: it never was one, or the app was removed from its phone.
pub fn invalid_token(token: &str) -> FaultRule {
    token_result(token, 10_000)
}

/// Says that the user switched the app's notifications off.
pub fn unsubscribed(token: &str) -> FaultRule {
    token_result(token, 10_001)
}

/// Answers the next send with any result code.
pub fn coded(code: i64) -> FaultRule {
    send(Fault::code(&code.to_string()))
}

pub fn token_expired() -> FaultRule {
    coded(11)
}

/// Throttles the sender: too many device tokens in a second.
pub fn too_fast() -> FaultRule {
    coded(55)
}

pub fn flow_control() -> FaultRule {
    coded(-2)
}

/// Answers with OPPO's internal error.
pub fn unavailable() -> FaultRule {
    coded(-1)
}

/// Says that the public messages of the day are used up.
pub fn daily_limit() -> FaultRule {
    coded(33)
}

/// Refuses the category or its level as not granted.
pub fn category_refused() -> FaultRule {
    coded(67)
}

/// Delivers the messages, then ends the connection without an answer.
pub fn lost_answer() -> FaultRule {
    send(Fault::Close {}).after_delivery()
}

/// Refuses the signature, as after a change of the master secret in OPPO's console.
pub fn secret_changed() -> FaultRule {
    FaultRule::new(NAME, Fault::code("16")).at(Endpoint::Token)
}

/// Answers success without a result for any message.
pub fn no_elements() -> FaultRule {
    let body = r#"{"code":0,"message":"success","data":{}}"#.to_owned();
    send(Fault::Answer { status: 200, headers: BTreeMap::new(), body }.with_header("content-type", "application/json"))
}

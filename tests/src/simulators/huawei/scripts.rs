//! Faults that Huawei is known for, ready to be scripted.

use std::collections::BTreeMap;

use super::NAME;
use crate::simulators::engine::{Endpoint, Fault, FaultRule};

fn send(fault: Fault) -> FaultRule {
    FaultRule::new(NAME, fault).at(Endpoint::Send)
}

/// The token is in `illegal_tokens` of every answer, or alone under 80300007.
pub fn illegal_token(token: &str) -> FaultRule {
    send(Fault::TokenResult { code: "illegal".to_owned() }).for_token(token).always()
}

/// HarmonyOS: the token fails for this reason, in every answer.
pub fn failed_for(token: &str, reason: &str) -> FaultRule {
    send(Fault::TokenResult { code: reason.to_owned() }).for_token(token).always()
}

/// A result code for every send that names the token, whatever else it names.
pub fn coded_for(token: &str, code: &str) -> FaultRule {
    coded(code).for_token(token).always()
}

/// Any result code for the whole of the next send.
pub fn coded(code: &str) -> FaultRule {
    send(Fault::code(code))
}

/// Every token is called invalid, whatever it is worth.
pub fn all_invalid() -> FaultRule {
    coded("80300007")
}

pub fn token_expired() -> FaultRule {
    coded("80200003")
}

/// Overload: a page of a proxy, no code and no hint when to go on.
pub fn flow_control() -> FaultRule {
    send(Fault::html(503))
}

/// A failure inside Huawei, in its own words.
pub fn system_error() -> FaultRule {
    coded("81000001")
}

/// The messages are delivered, then the connection ends without an answer.
pub fn lost_answer() -> FaultRule {
    send(Fault::Close {}).after_delivery()
}

/// The secret was changed in Huawei's console.
pub fn secret_changed() -> FaultRule {
    FaultRule::new(NAME, Fault::code("1101/12304")).at(Endpoint::Token)
}

/// Partial result whose `msg` is no JSON.
pub fn unreadable_partial() -> FaultRule {
    let body = r#"{"code":"80100000","msg":"{\"success\":1,\"failure\":","requestId":"1"}"#;
    send(
        Fault::Answer { status: 200, headers: BTreeMap::new(), body: body.to_owned() }
            .with_header("content-type", "application/json"),
    )
}

//! Scripts the known faults of Huawei.

use std::collections::BTreeMap;

use super::NAME;
use crate::simulators::engine::{Endpoint, Fault, FaultRule};

fn send(fault: Fault) -> FaultRule {
    FaultRule::new(NAME, fault).at(Endpoint::Send)
}

/// Lists the token in `illegal_tokens` of every answer. A token alone in its request gets 80300007.
pub fn illegal_token(token: &str) -> FaultRule {
    send(Fault::TokenResult { code: "illegal".to_owned() }).for_token(token).always()
}

/// Lists a HarmonyOS token under this reason in every answer.
pub fn failed_for(token: &str, reason: &str) -> FaultRule {
    send(Fault::TokenResult { code: reason.to_owned() }).for_token(token).always()
}

/// Answers every send that names the token with a result code.
pub fn coded_for(token: &str, code: &str) -> FaultRule {
    coded(code).for_token(token).always()
}

/// Answers the next send with any result code.
pub fn coded(code: &str) -> FaultRule {
    send(Fault::code(code))
}

/// Calls every token invalid.
pub fn all_invalid() -> FaultRule {
    coded("80300007")
}

pub fn token_expired() -> FaultRule {
    coded("80200003")
}

/// Answers with an overload: a proxy's page, without code and `Retry-After`.
pub fn flow_control() -> FaultRule {
    send(Fault::html(503))
}

/// Answers with Huawei's internal error.
pub fn system_error() -> FaultRule {
    coded("81000001")
}

/// Delivers the messages, then ends the connection without an answer.
pub fn lost_answer() -> FaultRule {
    send(Fault::Close {}).after_delivery()
}

/// Refuses the secret, as after a change in Huawei's console.
pub fn secret_changed() -> FaultRule {
    FaultRule::new(NAME, Fault::code("1101/12304")).at(Endpoint::Token)
}

/// Answers a partial result whose `msg` is no JSON.
pub fn unreadable_partial() -> FaultRule {
    let body = r#"{"code":"80100000","msg":"{\"success\":1,\"failure\":","requestId":"1"}"#;
    send(
        Fault::Answer { status: 200, headers: BTreeMap::new(), body: body.to_owned() }
            .with_header("content-type", "application/json"),
    )
}

//! Scripts the known faults of Xiaomi.

use std::collections::BTreeMap;

use super::{NAME, send::BAD};
use crate::simulators::engine::{Endpoint, Fault, FaultRule};

fn send(fault: Fault) -> FaultRule {
    FaultRule::new(NAME, fault).at(Endpoint::Send)
}

/// Lists the token in `bad_regids` of every answer. A token alone in its request gets 20301.
pub fn bad_token(token: &str) -> FaultRule {
    send(Fault::TokenResult { code: BAD.to_owned() }).for_token(token).always()
}

/// Answers every send that names the token with a result code.
pub fn coded_for(token: &str, code: &str) -> FaultRule {
    coded(code).for_token(token).always()
}

/// Answers the next send with any result code.
pub fn coded(code: &str) -> FaultRule {
    send(Fault::code(code))
}

/// Answers that sending failed. Xiaomi says so when every token is bad, and perhaps in other cases.
pub fn send_failed() -> FaultRule {
    coded("20301")
}

/// Throttles the sender: too many requests in a second.
pub fn too_fast() -> FaultRule {
    coded("200002")
}

/// Answers with Xiaomi's internal error.
pub fn unavailable() -> FaultRule {
    coded("10002")
}

/// Says that the channel's messages of the day are used up.
pub fn quota_used_up() -> FaultRule {
    coded("200001")
}

/// Refuses the secret, as after a change in Xiaomi's console.
pub fn secret_changed() -> FaultRule {
    coded("21302")
}

/// Delivers the messages, then ends the connection without an answer.
pub fn lost_answer() -> FaultRule {
    send(Fault::Close {}).after_delivery()
}

/// Answers success with `bad_regids` in another shape.
pub fn unreadable_success() -> FaultRule {
    let body = r#"{"result":"ok","code":0,"data":{"id":"slm1","bad_regids":[{"regid":1}]}}"#;
    send(
        Fault::Answer { status: 200, headers: BTreeMap::new(), body: body.to_owned() }
            .with_header("content-type", "application/json"),
    )
}

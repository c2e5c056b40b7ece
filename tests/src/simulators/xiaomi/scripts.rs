//! Faults that Xiaomi is known for, ready to be scripted.

use std::collections::BTreeMap;

use super::{NAME, send::BAD};
use crate::simulators::engine::{Endpoint, Fault, FaultRule};

fn send(fault: Fault) -> FaultRule {
    FaultRule::new(NAME, fault).at(Endpoint::Send)
}

/// The token is in `bad_regids` of every answer, or alone under 20301.
pub fn bad_token(token: &str) -> FaultRule {
    send(Fault::TokenResult { code: BAD.to_owned() }).for_token(token).always()
}

/// A result code for every send that names the token, whatever else it names.
pub fn coded_for(token: &str, code: &str) -> FaultRule {
    coded(code).for_token(token).always()
}

/// Any result code for the whole of the next send.
pub fn coded(code: &str) -> FaultRule {
    send(Fault::code(code))
}

/// Sending failed, which is said when every token is bad, and perhaps otherwise.
pub fn send_failed() -> FaultRule {
    coded("20301")
}

/// More requests than the app may send in a second.
pub fn too_fast() -> FaultRule {
    coded("200002")
}

/// A failure inside Xiaomi, in its own words.
pub fn unavailable() -> FaultRule {
    coded("10002")
}

/// The channel's messages of the day are used up.
pub fn quota_used_up() -> FaultRule {
    coded("200001")
}

/// The secret was changed in Xiaomi's console.
pub fn secret_changed() -> FaultRule {
    coded("21302")
}

/// The messages are delivered, then the connection ends without an answer.
pub fn lost_answer() -> FaultRule {
    send(Fault::Close {}).after_delivery()
}

/// A success whose `bad_regids` has another shape.
pub fn unreadable_success() -> FaultRule {
    let body = r#"{"result":"ok","code":0,"data":{"id":"slm1","bad_regids":[{"regid":1}]}}"#;
    send(
        Fault::Answer { status: 200, headers: BTreeMap::new(), body: body.to_owned() }
            .with_header("content-type", "application/json"),
    )
}

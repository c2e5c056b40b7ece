//! Faults that vivo is known for, ready to be scripted.

use std::collections::BTreeMap;

use super::{NAME, answer};
use crate::simulators::engine::{Endpoint, Fault, FaultRule};

fn send(fault: Fault) -> FaultRule {
    FaultRule::new(NAME, fault).at(Endpoint::Send)
}

/// The phone has this state in every answer: 1 not of this app, 2 gone, 3 not seen for long, 4 no test phone.
pub fn invalid_user(token: &str, status: u8) -> FaultRule {
    send(Fault::TokenResult { code: status.to_string() }).for_token(token).always()
}

/// Any result code for the whole of the next send; for a list that is the saving of its message.
pub fn coded(code: &str) -> FaultRule {
    send(Fault::code(code))
}

/// The same for the next request that names the phone.
pub fn coded_for(token: &str, code: &str) -> FaultRule {
    coded(code).for_token(token)
}

/// The access token is not accepted, although it was a moment ago.
pub fn token_expired() -> FaultRule {
    coded("10000")
}

/// Too many messages in a second.
pub fn too_fast() -> FaultRule {
    coded("10072")
}

/// The day's system messages are used up, until faults are cleared.
pub fn quota_used_up() -> FaultRule {
    coded("10073").always()
}

/// A fault inside vivo, in words.
pub fn server_error() -> FaultRule {
    let answer = answer::fault();
    let fault = Fault::Answer { status: answer.status, headers: BTreeMap::new(), body: answer.body };
    send(fault.with_header("content-type", "text/plain"))
}

/// The message is delivered to the phone, then the connection ends without an answer.
pub fn lost_answer(token: &str) -> FaultRule {
    send(Fault::Close {}).for_token(token).after_delivery()
}

/// The secret was changed in vivo's console.
pub fn secret_changed() -> FaultRule {
    FaultRule::new(NAME, Fault::code("10206")).at(Endpoint::Token)
}

/// A list's answer that names a phone nobody asked for.
pub fn strange_user(token: &str) -> FaultRule {
    let body = r#"{"result":0,"desc":"请求成功","invalidUsers":[{"status":2,"userid":"nobody"}]}"#;
    let fault = Fault::Answer { status: 200, headers: BTreeMap::new(), body: body.to_owned() };
    send(fault.with_header("content-type", "application/json")).for_token(token)
}

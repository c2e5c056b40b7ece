//! Scripts the known faults of vivo.

use std::collections::BTreeMap;

use super::{NAME, answer};
use crate::simulators::engine::{Endpoint, Fault, FaultRule};

fn send(fault: Fault) -> FaultRule {
    FaultRule::new(NAME, fault).at(Endpoint::Send)
}

/// Gives the phone this state in every answer: 1 not of this app, 2 app removed, 3 not seen for long, 4 no test phone.
pub fn invalid_user(token: &str, status: u8) -> FaultRule {
    send(Fault::TokenResult { code: status.to_string() }).for_token(token).always()
}

/// Answers the next send with any result code. For a list, that is the request that saves its message.
pub fn coded(code: &str) -> FaultRule {
    send(Fault::code(code))
}

/// Answers the next request that names the phone with any result code.
pub fn coded_for(token: &str, code: &str) -> FaultRule {
    coded(code).for_token(token)
}

/// Refuses the access token as expired.
pub fn token_expired() -> FaultRule {
    coded("10000")
}

/// Throttles the sender: too many messages in a second.
pub fn too_fast() -> FaultRule {
    coded("10072")
}

/// Says that the system messages of the day are used up, until faults are cleared.
pub fn quota_used_up() -> FaultRule {
    coded("10073").always()
}

/// Answers with vivo's internal error.
pub fn server_error() -> FaultRule {
    let answer = answer::fault();
    let fault = Fault::Answer { status: answer.status, headers: BTreeMap::new(), body: answer.body };
    send(fault.with_header("content-type", "text/plain"))
}

/// Delivers the message to the phone, then ends the connection without an answer.
pub fn lost_answer(token: &str) -> FaultRule {
    send(Fault::Close {}).for_token(token).after_delivery()
}

/// Refuses the signature, as after a change of the secret in vivo's console.
pub fn secret_changed() -> FaultRule {
    FaultRule::new(NAME, Fault::code("10206")).at(Endpoint::Token)
}

/// Answers a list with a failed phone that the request did not name.
pub fn strange_user(token: &str) -> FaultRule {
    let body = r#"{"result":0,"desc":"请求成功","invalidUsers":[{"status":2,"userid":"nobody"}]}"#;
    let fault = Fault::Answer { status: 200, headers: BTreeMap::new(), body: body.to_owned() };
    send(fault.with_header("content-type", "application/json")).for_token(token)
}

//! Scripts the known faults of Meizu.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::NAME;
use crate::simulators::engine::{Endpoint, Fault, FaultRule};

fn send(fault: Fault) -> FaultRule {
    FaultRule::new(NAME, fault).at(Endpoint::Send)
}

fn answered(body: &Value) -> FaultRule {
    let answer = Fault::Answer { status: 200, headers: BTreeMap::new(), body: body.to_string() };
    send(answer.with_header("content-type", "application/json; charset=UTF-8"))
}

/// Lists the token under any code in every answer.
pub fn token_result(token: &str, code: &str) -> FaultRule {
    send(Fault::TokenResult { code: code.to_owned() }).for_token(token).always()
}

/// Calls the token unsubscribed: the app was removed from the phone.
pub fn unsubscribed(token: &str) -> FaultRule {
    token_result(token, "110002")
}

/// Says that the user switched the app's notifications off. The token is valid.
pub fn muted(token: &str) -> FaultRule {
    token_result(token, "110010")
}

/// Answers the next send with any code.
pub fn coded(code: &str) -> FaultRule {
    send(Fault::code(code))
}

/// Throttles the sender. Meizu never says for how long.
pub fn rate_limited() -> FaultRule {
    coded("110010")
}

/// Says that the app's daily quota is used up.
pub fn daily_quota() -> FaultRule {
    coded("110019")
}

pub fn busy() -> FaultRule {
    coded("1003")
}

/// Refuses the secret, as after a change in Meizu's console.
pub fn secret_changed() -> FaultRule {
    coded("1006")
}

/// Redirects the request to another address.
pub fn moved(address: &str) -> FaultRule {
    answered(&json!({"code": "300", "message": "", "value": "", "redirect": address}))
}

/// Delivers the messages, then ends the connection without an answer.
pub fn lost_answer() -> FaultRule {
    send(Fault::Close {}).after_delivery()
}

/// Answers success with the failed tokens in a form that some clients expect and Meizu does not use.
pub fn turned_round(token: &str) -> FaultRule {
    answered(&json!({"code": "200", "message": "", "value": {token: "110002"}, "redirect": ""}))
}

//! Faults that Meizu is known for, ready to be scripted.

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

/// Any code for one token in every answer.
pub fn token_result(token: &str, code: &str) -> FaultRule {
    send(Fault::TokenResult { code: code.to_owned() }).for_token(token).always()
}

/// The app is gone from this phone.
pub fn unsubscribed(token: &str) -> FaultRule {
    token_result(token, "110002")
}

/// The person switched the app's notifications off; the token is well.
pub fn muted(token: &str) -> FaultRule {
    token_result(token, "110010")
}

/// Any code for the whole of the next send.
pub fn coded(code: &str) -> FaultRule {
    send(Fault::code(code))
}

/// Too many requests; Meizu never says for how long.
pub fn rate_limited() -> FaultRule {
    coded("110010")
}

/// The app's notifications of this day are used up.
pub fn daily_quota() -> FaultRule {
    coded("110019")
}

pub fn busy() -> FaultRule {
    coded("1003")
}

/// The secret was changed in Meizu's console.
pub fn secret_changed() -> FaultRule {
    coded("1006")
}

/// Meizu wants the request at another address.
pub fn moved(address: &str) -> FaultRule {
    answered(&json!({"code": "300", "message": "", "value": "", "redirect": address}))
}

/// The messages are delivered, then the connection ends without an answer.
pub fn lost_answer() -> FaultRule {
    send(Fault::Close {}).after_delivery()
}

/// Accepted, with failed tokens in a form that some clients believe in and Meizu does not use.
pub fn turned_round(token: &str) -> FaultRule {
    answered(&json!({"code": "200", "message": "", "value": {token: "110002"}, "redirect": ""}))
}

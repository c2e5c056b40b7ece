//! OPPO's answers: status 200, and a code that is a number. Data is in camel case for sends, but not for access tokens.
//!
//! Codes: <https://open.oppomobile.com/documentation/page/info?id=11235>.

use serde_json::{Value, json};

use crate::simulators::engine::{Answer, digits};

const CODES: &[(i64, &str)] = &[
    (-2, "Service in Flow Control"),
    (-1, "Service Currently Unavailable"),
    (0, "success"),
    (11, "Invalid AuthToken"),
    (12, "Http Action Not Allowed"),
    (13, "App Call Limited"),
    (14, "Invalid App Key"),
    (15, "Missing App Key"),
    (16, "Invalid Signature"),
    (17, "Missing Signature"),
    (18, "Missing Timestamp"),
    (19, "Invalid Timestamp"),
    (28, "App Disabled"),
    (29, "Missing Auth Token"),
    (32, "Data Duplicate Error"),
    (33, "The number of messages exceeds the daily limit"),
    (40, "Missing Required Arguments"),
    (41, "Invalid Arguments"),
    (54, "Private message template does not match"),
    (55, "App Call Frequency Limited"),
    (67, "Invalid category or notify_level"),
    (10_000, "Invalid RegistrationId"),
    (10_001, "Unsubscribed RegistrationId"),
    (10_004, "RegistrationId repeated"),
];

pub fn message(code: i64) -> &'static str {
    CODES.iter().find(|(known, _)| *known == code).map_or("Unknown", |(_, message)| message)
}

/// Returns the answer for a code. `data` is present and empty.
pub fn coded(code: i64) -> Answer {
    document(code, message(code), json!({}))
}

/// Returns the answer for a code, with an explanation.
pub fn coded_with(code: i64, why: &str) -> Answer {
    document(code, &format!("{}: {why}", message(code)), json!({}))
}

pub fn access_token(token: &str, now_ms: u64) -> Answer {
    document(0, message(0), json!({"auth_token": token, "create_time": now_ms}))
}

pub fn message_id(app_id: &str) -> String {
    format!("{app_id}-1-1-{}", digits(12))
}

pub fn taken(message_id: &str) -> Answer {
    document(0, "", json!({"messageId": message_id}))
}

/// Returns the result of each message of a batch: its target, its id, and its error code if it failed.
pub fn batch(elements: &[(String, String, Option<i64>)]) -> Answer {
    let element = |(target, id, code): &(String, String, Option<i64>)| match code {
        None => json!({"messageId": id, "registrationId": target}),
        Some(code) => json!({
            "messageId": id, "registrationId": target, "errorCode": code, "errorMessage": message(*code),
        }),
    };
    document(0, message(0), elements.iter().map(element).collect())
}

fn document(code: i64, message: &str, data: Value) -> Answer {
    let body = json!({"code": code, "message": message, "data": data});
    Answer::text(200, "application/json;charset=UTF-8", body.to_string())
}

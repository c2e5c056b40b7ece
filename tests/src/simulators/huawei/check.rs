//! Checks a message as Huawei does.
//!
//! Huawei does not document whether some faults are parameter errors (80100001) or illegal payloads (80100003). Here
//! names, types, enumerations and the notification are payload. The ranges of the other options are parameters.

use serde_json::Value;

use super::{HuaweiCredential, notification, shape};
use crate::simulators::engine::schema::{Violation, What};
use crate::simulators::engine::{schema, seconds};

const BODY_BYTES: usize = 4096;
pub const MAX_TOKENS: usize = 1000;
const FIFTEEN_DAYS: f64 = 1_296_000.0;

/// Code and message of a refusal.
pub type Refusal = (&'static str, String);

pub fn illegal(what: impl std::fmt::Display) -> Refusal {
    ("80100003", format!("Illegal payload, {what}"))
}

pub fn parameter(what: impl std::fmt::Display) -> Refusal {
    ("80100001", format!("Parameter error, {what}"))
}

/// Checks the whole request: size, addressees, fields, then their values.
pub fn request(body: &[u8], rights: &HuaweiCredential) -> Result<Value, Refusal> {
    let raw: Value =
        serde_json::from_slice(body).map_err(|error| illegal(format_args!("the body is no JSON: {error}")))?;
    size(body, &raw["message"])?;
    addressees(&raw["message"])?;
    let request = schema::read(&raw, shape::REQUEST, shape::READING).map_err(|violations| described(&violations))?;
    let message = &request["message"];
    options(&message["android"], rights)?;
    content(message)?;
    Ok(request)
}

/// Checks the size. The tokens of `addressed` do not count, whatever white space the rest has.
pub fn size(body: &[u8], addressed: &Value) -> Result<(), Refusal> {
    let tokens =
        addressed["token"].as_array().map_or(0, |tokens| tokens.iter().map(|token| token.to_string().len() + 1).sum());
    match body.len().saturating_sub(tokens) {
        size if size > BODY_BYTES => Err((
            "80300008",
            format!("The message body size exceeds the default value: {size} bytes, at most {BODY_BYTES}"),
        )),
        _ => Ok(()),
    }
}

/// Checks the addressees before anything else. A misspelt `message` or `token` looks like a missing token.
fn addressees(message: &Value) -> Result<(), Refusal> {
    let given: Vec<&str> =
        ["token", "topic", "condition"].into_iter().filter(|name| !message[name].is_null()).collect();
    match (&given[..], &message["token"]) {
        (["token"], Value::Array(tokens)) if (1..=MAX_TOKENS).contains(&tokens.len()) => Ok(()),
        (["token"], Value::Array(_)) | ([], _) => {
            Err(("80300010", "The number of tokens in the message body exceeds the default value.".to_owned()))
        }
        ([_], _) => Ok(()),
        _ => Err(illegal("exactly one of token, topic and condition must be set")),
    }
}

fn options(android: &Value, rights: &HuaweiCredential) -> Result<(), Refusal> {
    let number = |name: &str| android[name].as_i64();
    if number("collapse_key").is_some_and(|key| !(-1..=100).contains(&key)) {
        return Err(("80100013", "Illegal payload, collapse_key value ranges from -1 to 100".to_owned()));
    }
    if android["urgency"] == "HIGH" && !rights.high_priority {
        return Err(("80300011", "You are not authorized to send high-priority messages.".to_owned()));
    }
    if let Some(ttl) = android["ttl"].as_str() {
        time_to_live(ttl)?;
    }
    if number("fast_app_target").is_some_and(|target| !(1..=2).contains(&target)) {
        return Err(parameter("fast_app_target must be 1 or 2"));
    }
    if number("target_user_type").is_some_and(|kind| !(0..=1).contains(&kind)) {
        return Err(parameter("target_user_type must be 0 or 1"));
    }
    Ok(())
}

/// Checks a time to live: digits, up to nine decimals, and optionally an `s`.
fn time_to_live(ttl: &str) -> Result<(), Refusal> {
    let number = ttl.strip_suffix('s').unwrap_or(ttl);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 9 {
        return Err(parameter("ttl must be seconds such as 86400s"));
    }
    if seconds(ttl).is_none_or(|seconds| seconds > FIFTEEN_DAYS) {
        return Err(parameter("ttl must be at most 1296000s"));
    }
    Ok(())
}

fn content(message: &Value) -> Result<(), Refusal> {
    let android = &message["android"];
    let data = android["data"].as_str().or(message["data"].as_str());
    let is_notification = message["notification"].is_object() || android["notification"].is_object();
    if !is_notification {
        return data
            .filter(|data| !data.is_empty())
            .map(|_| ())
            .ok_or_else(|| illegal("data or notification must be set"));
    }
    if android["category"] == "PLAY_VOICE" {
        return Err(parameter("category PLAY_VOICE is for data messages only"));
    }
    if data.is_some_and(|data| serde_json::from_str::<Value>(data).is_err()) {
        return Err(illegal("data of a notification must be a JSON document in a string"));
    }
    notification::check(&message["notification"], &android["notification"])
}

/// Returns one message that names every violation.
pub fn described(violations: &[Violation]) -> Refusal {
    let one = |Violation { at, what }: &Violation| match what {
        What::UnknownName(name) if at.is_empty() => format!("unknown field {name}"),
        What::UnknownName(name) | What::RepeatedName(name) => format!("unknown field {at}.{name}"),
        What::WrongValue { expected, .. } => format!("{at} must be {expected}"),
    };
    illegal(violations.iter().map(one).collect::<Vec<_>>().join(", "))
}

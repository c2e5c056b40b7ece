//! Checks a request as Honor does. A body that is too long has a code of its own. All other faults are parameter
//! errors (400) here, because finer codes are not published.

use serde_json::Value;

use super::{HonorCredential, notification, shape};
use crate::simulators::engine::schema::{Violation, What};
use crate::simulators::engine::{Request, schema, seconds};

const BODY_BYTES: usize = 4096;
const FIFTEEN_DAYS: f64 = 1_296_000.0;
const TAG_BYTES: usize = 64;

/// Code and message of a refusal.
pub type Refusal = (&'static str, String);

pub fn parameter(what: impl std::fmt::Display) -> Refusal {
    ("400", format!("parameter error, {what}"))
}

pub fn require(holds: bool, otherwise: impl std::fmt::Display) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(parameter(otherwise)) }
}

/// Checks the `timestamp` header: Unix milliseconds, close to the vendor's clock.
pub fn timestamp(request: &Request, now_ms: u64, app: &HonorCredential) -> Result<(), Refusal> {
    let header = request.header("timestamp").ok_or_else(|| parameter("the header timestamp is missing"))?;
    let digits = header.bytes().all(|byte| byte.is_ascii_digit());
    let at = header.parse::<u64>().ok().filter(|_| digits);
    let at = at.ok_or_else(|| parameter("timestamp must be digits"))?;
    // As milliseconds, a smaller number is a time before 1974, so it is seconds.
    require(at > 100_000_000_000, "timestamp must be in milliseconds, not seconds")?;
    require(at.abs_diff(now_ms) <= app.max_skew_seconds.saturating_mul(1000), "timestamp is too far off")
}

/// Checks the whole request: size, addressees, fields, then their values.
pub fn request(body: &[u8], app: &HonorCredential) -> Result<Value, Refusal> {
    let raw: Value =
        serde_json::from_slice(body).map_err(|error| parameter(format_args!("the body is no JSON: {error}")))?;
    size(body, &raw)?;
    let request = schema::read(&raw, shape::REQUEST, shape::READING).map_err(|violations| described(&violations))?;
    addressees(&request, app)?;
    options(&request["android"])?;
    content(&request)?;
    Ok(request)
}

/// Checks the size of the body. Tokens do not count.
fn size(body: &[u8], raw: &Value) -> Result<(), Refusal> {
    let tokens =
        raw["token"].as_array().map_or(0, |tokens| tokens.iter().map(|token| token.to_string().len() + 1).sum());
    match body.len().saturating_sub(tokens) {
        size if size > BODY_BYTES => Err(("413", format!("the body has {size} bytes, at most {BODY_BYTES}"))),
        _ => Ok(()),
    }
}

fn addressees(request: &Value, app: &HonorCredential) -> Result<(), Refusal> {
    let tokens = request["token"].as_array().map(Vec::as_slice).unwrap_or_default();
    require(!tokens.is_empty() && tokens.iter().all(|token| token != ""), "token must be set")?;
    require(
        tokens.len() <= app.max_tokens,
        format_args!("the number of tokens exceeds the maximum of {}", app.max_tokens),
    )
}

fn options(android: &Value) -> Result<(), Refusal> {
    if let Some(ttl) = android["ttl"].as_str() {
        let number = ttl.strip_suffix('s').unwrap_or_default();
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        require(digits, "ttl must be seconds such as 86400s")?;
        let fits = seconds(ttl).is_some_and(|seconds| seconds <= FIFTEEN_DAYS);
        require(fits, "ttl must be at most 1296000s")?;
    }
    let kind = android["targetUserType"].as_i64();
    require(kind.is_none_or(|kind| (0..=1).contains(&kind)), "targetUserType must be 0 or 1")?;
    let tag = android["biTag"].as_str().unwrap_or_default();
    require(tag.len() <= TAG_BYTES, "biTag must have at most 64 bytes")
}

/// Checks that a message is a notification or data for the app.
fn content(request: &Value) -> Result<(), Refusal> {
    let android = &request["android"];
    if request["notification"].is_object() || android["notification"].is_object() {
        return notification::check(&request["notification"], &android["notification"]);
    }
    let data = android["data"].as_str().or(request["data"].as_str()).unwrap_or_default();
    require(!data.is_empty(), "data or notification must be set")
}

/// Returns one message that names every violation.
fn described(violations: &[Violation]) -> Refusal {
    let one = |Violation { at, what }: &Violation| match what {
        What::UnknownName(name) if at.is_empty() => format!("unknown field {name}"),
        What::UnknownName(name) | What::RepeatedName(name) => format!("unknown field {at}.{name}"),
        What::WrongValue { expected, .. } => format!("{at} must be {expected}"),
    };
    parameter(violations.iter().map(one).collect::<Vec<_>>().join(", "))
}

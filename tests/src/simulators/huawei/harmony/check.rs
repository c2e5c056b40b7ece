//! Checks a notification for HarmonyOS as Huawei does.
//!
//! Where Huawei does not document the code, the choice is that of Android: names, types and the notification are
//! payload. The ranges of the other options are parameters.

use serde_json::Value;

use super::shape;
use crate::simulators::engine::{Request, schema};
use crate::simulators::huawei::check::{MAX_TOKENS, Refusal, described, illegal, parameter, size};
use crate::simulators::huawei::shape::READING;

const PUSH_TYPES: [&str; 6] = ["0", "1", "2", "6", "7", "10"];
const MAX_TEST_TOKENS: usize = 10;
const FIFTEEN_DAYS: i64 = 1_296_000;
const LINES: usize = 3;
const LONG_TEXT: usize = 1024;
const TAG_BYTES: usize = 64;

/// Returns the header with the kind of message.
pub fn push_type(request: &Request) -> Result<&str, Refusal> {
    let given = request.header("push-type").filter(|given| PUSH_TYPES.contains(given));
    given.ok_or_else(|| illegal("The header does not contain valid push-type"))
}

/// Checks the whole request: size, addressees, fields, then their values.
pub fn request(body: &[u8]) -> Result<Value, Refusal> {
    let raw: Value =
        serde_json::from_slice(body).map_err(|error| illegal(format_args!("the body is no JSON: {error}")))?;
    size(body, &raw["target"])?;
    addressees(&raw)?;
    let request = schema::read(&raw, shape::REQUEST, READING).map_err(|violations| described(&violations))?;
    options(&request["pushOptions"])?;
    notification(&request["payload"]["notification"])?;
    Ok(request)
}

fn addressees(raw: &Value) -> Result<(), Refusal> {
    let count = raw["target"]["token"].as_array().map_or(0, Vec::len);
    if !(1..=MAX_TOKENS).contains(&count) {
        return Err(("80300010", "The number of tokens in the message body exceeds the default value.".to_owned()));
    }
    if raw["pushOptions"]["testMessage"] == true && count > MAX_TEST_TOKENS {
        return Err(("80300030", "A test message has at most 10 tokens.".to_owned()));
    }
    Ok(())
}

fn options(options: &Value) -> Result<(), Refusal> {
    let within = |name: &str, least: i64, most: i64| within(options, name, least, most);
    if !within("collapseKey", -1, 100) {
        return Err(("80100013", "Illegal payload, collapseKey value ranges from -1 to 100".to_owned()));
    }
    if !within("ttl", 1, FIFTEEN_DAYS) {
        return Err(parameter("ttl must be 1 to 1296000 seconds"));
    }
    if options["biTag"].as_str().is_some_and(|tag| tag.len() > TAG_BYTES) {
        return Err(parameter("biTag must have at most 64 bytes"));
    }
    Ok(())
}

fn notification(shown: &Value) -> Result<(), Refusal> {
    for name in ["category", "title", "body"] {
        require(length(&shown[name]) > 0, format_args!("{name} must be set"))?;
    }
    click_action(&shown["clickAction"])?;
    let badge = &shown["badge"];
    require(within(badge, "addNum", 1, 99), "badge addNum value ranges from 1 to 99")?;
    require(within(badge, "setNum", 0, 99), "badge setNum value ranges from 0 to 99")?;
    require(within(shown, "notifyId", 0, i64::from(i32::MAX)), "notifyId must not be negative")?;
    require(within(shown, "soundDuration", 1, 60), "soundDuration value ranges from 1 to 60")?;
    let id = &shown["appMessageId"];
    require(id.is_null() || (1..=64).contains(&length(id)), "appMessageId must have 1 to 64 characters")?;
    require(length(&shown["profileId"]) <= 64, "profileId must have at most 64 characters")?;
    style(shown)
}

/// Checks the tap action: 0 opens the app, 1 a page of it.
fn click_action(action: &Value) -> Result<(), Refusal> {
    match action["actionType"].as_i64() {
        Some(0) => Ok(()),
        Some(1) => require(
            length(&action["action"]) + length(&action["uri"]) > 0,
            "clickAction of actionType 1 needs action or uri",
        ),
        Some(_) | None => Err(illegal("clickAction.actionType must be 0 or 1")),
    }
}

fn style(shown: &Value) -> Result<(), Refusal> {
    match shown["style"].as_i64() {
        None | Some(0 | 1) => Ok(()),
        Some(3) => {
            let lines = shown["inboxContent"].as_array().map(Vec::as_slice).unwrap_or_default();
            require((1..=LINES).contains(&lines.len()), "style 3 needs 1 to 3 lines of inboxContent")?;
            let short = lines.iter().all(|line| length(line) <= LONG_TEXT);
            require(short, "a line of inboxContent has at most 1024 characters")
        }
        Some(_) => Err(illegal("style must be 0, 1 or 3")),
    }
}

fn within(object: &Value, name: &str, least: i64, most: i64) -> bool {
    object[name].as_i64().is_none_or(|number| (least..=most).contains(&number))
}

fn require(holds: bool, otherwise: impl std::fmt::Display) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(illegal(otherwise)) }
}

fn length(text: &Value) -> usize {
    text.as_str().map_or(0, |text| text.chars().count())
}

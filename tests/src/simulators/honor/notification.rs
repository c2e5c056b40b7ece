//! Checks `android.notification`: ranges, and fields that belong together.

use serde_json::Value;

use super::check::{Refusal, parameter, require};

const BUTTONS: usize = 3;
const BUTTON_NAME: usize = 40;
const BUTTON_DATA: usize = 1024;

pub fn check(common: &Value, android: &Value) -> Result<(), Refusal> {
    for name in ["title", "body"] {
        require(!shown(common, android, name).is_empty(), format_args!("{name} must be set"))?;
    }
    require(android["clickAction"].is_object(), "clickAction must be set")?;
    click_action(&android["clickAction"])?;
    badge(&android["badge"])?;
    style(common, android)?;
    buttons(&android["buttons"])
}

/// Returns the inner text, or the outer one if there is none.
fn shown<'a>(common: &'a Value, android: &'a Value, name: &str) -> &'a str {
    let inner = android[name].as_str().filter(|text| !text.is_empty());
    inner.or(common[name].as_str()).unwrap_or_default()
}

/// Checks the tap action: 1 opens a page of the app, 2 an address, 3 the app.
fn click_action(action: &Value) -> Result<(), Refusal> {
    match action["type"].as_i64() {
        Some(1) => {
            let intent = action["intent"].as_str();
            require(intent.is_some() || action["action"].is_string(), "clickAction of type 1 needs intent or action")?;
            let is_intent =
                |text: &str| text.starts_with("intent:") && text.contains("#Intent;") && text.ends_with(";end");
            require(intent.is_none_or(is_intent), "clickAction.intent must be an intent address")
        }
        Some(2) => require(action["url"].is_string(), "clickAction of type 2 needs url"),
        Some(3) => Ok(()),
        _ => Err(parameter("clickAction.type must be 1, 2 or 3")),
    }
}

fn badge(badge: &Value) -> Result<(), Refusal> {
    if badge.is_null() {
        return Ok(());
    }
    let within =
        |name: &str, least: i64, most: i64| badge[name].as_i64().is_none_or(|number| (least..=most).contains(&number));
    require(length(&badge["badgeClass"]) > 0, "badge.badgeClass must be set")?;
    require(within("addNum", 1, 99), "badge.addNum ranges from 1 to 99")?;
    require(within("setNum", 0, 99), "badge.setNum ranges from 0 to 99")
}

/// Checks the style: 1 is a long text, which must be given.
fn style(common: &Value, android: &Value) -> Result<(), Refusal> {
    match android["style"].as_i64() {
        None | Some(0) => Ok(()),
        Some(1) => {
            let same = |big: &str, name: &str| android[big].as_str() == Some(shown(common, android, name));
            require(
                same("bigTitle", "title") && same("bigBody", "body"),
                "style 1 needs bigTitle and bigBody equal to title and body",
            )
        }
        Some(_) => Err(parameter("style must be 0 or 1")),
    }
}

fn buttons(buttons: &Value) -> Result<(), Refusal> {
    let buttons = buttons.as_array().map(Vec::as_slice).unwrap_or_default();
    require(buttons.len() <= BUTTONS, "at most 3 buttons")?;
    for button in buttons {
        require((1..=BUTTON_NAME).contains(&length(&button["name"])), "a button's name has 1 to 40 characters")?;
        let kind = button["actionType"].as_i64();
        require(kind.is_some_and(|kind| (0..=2).contains(&kind)), "a button's actionType ranges from 0 to 2")?;
        let intent = button["intentType"].as_i64();
        require(intent.is_none_or(|kind| (0..=1).contains(&kind)), "a button's intentType is 0 or 1")?;
        require(length(&button["data"]) <= BUTTON_DATA, "a button's data has at most 1024 characters")?;
    }
    Ok(())
}

fn length(text: &Value) -> usize {
    text.as_str().map_or(0, |text| text.chars().count())
}

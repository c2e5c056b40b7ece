//! Checks `message.android.notification`: ranges, and fields that belong together.

use serde_json::Value;

use super::check::{Refusal, illegal};
use crate::simulators::engine::is_duration;

const VIBRATIONS: usize = 10;
const LANGUAGES: usize = 3;
const LINES: usize = 5;
const LONG_TEXT: usize = 1024;

pub fn check(common: &Value, android: &Value) -> Result<(), Refusal> {
    for name in ["title", "body"] {
        let set = |part: &Value| part[name].as_str().is_some_and(|text| !text.is_empty());
        let localized = android[format!("{name}_loc_key")].is_string();
        require(set(common) || set(android) || localized, format_args!("{name} must be set"))?;
    }
    require(android["click_action"].is_object(), "click_action must be set")?;
    click_action(&android["click_action"])?;
    badge(&android["badge"])?;
    style(android)?;
    buttons(&android["buttons"])?;
    effects(android)?;
    require(length(&android["profile_id"]) <= 64, "profile_id must have at most 64 characters")?;
    let languages = android["multi_lang_key"]
        .as_object()
        .map_or(0, |keys| keys.values().filter_map(Value::as_object).map(|key| key.len()).max().unwrap_or(0));
    require(languages <= LANGUAGES, "multi_lang_key must have at most 3 languages")
}

/// Checks the tap action: 1 opens a page of the app, 2 an address, 3 the app.
fn click_action(action: &Value) -> Result<(), Refusal> {
    match action["type"].as_i64() {
        Some(1) => {
            let intent = action["intent"].as_str();
            require(intent.is_some() || action["action"].is_string(), "click_action of type 1 needs intent or action")?;
            let is_intent =
                |text: &str| text.starts_with("intent:") && text.contains("#Intent;") && text.ends_with(";end");
            require(intent.is_none_or(is_intent), "click_action.intent must be an intent address")
        }
        Some(2) => require(action["url"].is_string(), "click_action of type 2 needs url"),
        Some(3) => Ok(()),
        _ => Err(illegal("click_action.type must be 1, 2 or 3")),
    }
}

fn badge(badge: &Value) -> Result<(), Refusal> {
    if badge.is_null() {
        return Ok(());
    }
    let within =
        |name: &str, least: i64, most: i64| badge[name].as_i64().is_none_or(|number| (least..=most).contains(&number));
    require(length(&badge["class"]) > 0, "badge.class must be set")?;
    require(within("add_num", 1, 99), "badge.add_num value ranges from 1 to 99")?;
    require(within("set_num", 0, 99), "badge.set_num value ranges from 0 to 99")
}

fn style(android: &Value) -> Result<(), Refusal> {
    match android["style"].as_i64() {
        None | Some(0) => Ok(()),
        Some(1) => require(
            length(&android["big_title"]) > 0 && length(&android["big_body"]) > 0,
            "style 1 needs big_title and big_body",
        ),
        Some(3) => {
            let lines = android["inbox_content"].as_array().map(Vec::as_slice).unwrap_or_default();
            require((1..=LINES).contains(&lines.len()), "style 3 needs 1 to 5 lines of inbox_content")?;
            require(
                lines.iter().all(|line| length(line) <= LONG_TEXT),
                "a line of inbox_content has at most 1024 characters",
            )
        }
        Some(_) => Err(illegal("style must be 0, 1 or 3")),
    }
}

fn buttons(buttons: &Value) -> Result<(), Refusal> {
    let buttons = buttons.as_array().map(Vec::as_slice).unwrap_or_default();
    require(buttons.len() <= 3, "at most 3 buttons")?;
    for button in buttons {
        require((1..=40).contains(&length(&button["name"])), "a button's name has 1 to 40 characters")?;
        require(
            button["action_type"].as_i64().is_some_and(|kind| (0..=4).contains(&kind)),
            "a button's action_type ranges from 0 to 4",
        )?;
        require(length(&button["data"]) <= LONG_TEXT, "a button's data has at most 1024 characters")?;
    }
    Ok(())
}

fn effects(android: &Value) -> Result<(), Refusal> {
    let vibrations = android["vibrate_config"].as_array().map(Vec::as_slice).unwrap_or_default();
    require(vibrations.len() <= VIBRATIONS, "vibrate_config has at most 10 entries")?;
    let light = &android["light_settings"];
    if light.is_object() {
        let duration =
            |name: &str| light[name].as_str().is_some_and(|text| is_duration(text) && !text.starts_with('-'));
        let parts = light["color"].as_object();
        let in_range = parts.is_some_and(|parts| {
            parts.values().all(|part| part.as_f64().is_some_and(|part| (0.0..=1.0).contains(&part)))
        });
        require(
            in_range && duration("light_on_duration") && duration("light_off_duration"),
            "light_settings is incomplete or out of range",
        )?;
    }
    for name in ["sound", "icon"] {
        let path = android[name].as_str().filter(|path| name == "sound" || path.starts_with('/'));
        require(
            path.is_none_or(|path| path.starts_with("/raw/") || path.starts_with("/drawable/")),
            format_args!("{name} must be a resource such as /raw/x"),
        )?;
    }
    Ok(())
}

fn require(holds: bool, otherwise: impl std::fmt::Display) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(illegal(otherwise)) }
}

fn length(text: &Value) -> usize {
    text.as_str().map_or(0, |text| text.chars().count())
}

//! Checks `notification`: lengths, ranges, and fields that belong together
//! (<https://open.oppomobile.com/documentation/page/info?id=11236>).

use serde_json::Value;

use super::OppoCredential;
use super::check::{Refusal, invalid, missing};

/// Service categories, each granted on request: <https://open.oppomobile.com/documentation/page/info?id=13189>.
const SERVICE: &[&str] = &["IM", "ACCOUNT", "TODO", "DEVICE_REMINDER", "ORDER", "SUBSCRIPTION"];
/// Categories of content and marketing.
pub const PUBLIC: &[&str] = &["NEWS", "CONTENT", "MARKETING", "SOCIAL"];
const LONG_TEXT: usize = 128;

pub fn check(shown: &Value, rights: &OppoCredential) -> Result<(), Refusal> {
    let content = match shown["style"].as_i64() {
        None | Some(1) => rights.content_limit,
        Some(2) => LONG_TEXT,
        Some(_) => return Err(invalid("style must be 1 or 2, 3 is for broadcasts")),
    };
    for (name, most) in [
        ("title", 50),
        ("sub_title", 10),
        ("content", content),
        ("click_action_activity", 500),
        ("click_action_url", 2000),
        ("action_parameters", 4000),
        ("call_back_url", 200),
        ("call_back_parameter", 100),
    ] {
        let length = shown[name].as_str().map_or(0, |text| text.chars().count());
        require(length <= most, format_args!("{name} has {length} characters, at most {most}"))?;
    }
    for (name, least, most) in [
        ("off_line_ttl", 1, 864_000),
        ("show_ttl", 1, 172_800),
        ("network_type", 0, 1),
        ("show_time_type", 0, 1),
        ("badge_operation_type", 0, 1),
        ("badge_message_count", 0, i64::MAX),
        ("notify_id", 0, i64::MAX),
    ] {
        let fits = shown[name].as_i64().is_none_or(|number| (least..=most).contains(&number));
        require(fits, format_args!("{name} ranges from {least} to {most}"))?;
    }
    let parameters = shown["action_parameters"].as_str();
    let object = |text| serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_object());
    require(parameters.is_none_or(object), "action_parameters must be a JSON object in a string")?;
    click(shown)?;
    class(shown, rights)
}

fn click(shown: &Value) -> Result<(), Refusal> {
    let text = |name: &str| shown[name].as_str().filter(|text| !text.is_empty());
    let needs = |name: &str| text(name).ok_or_else(|| missing(name));
    match shown["click_action_type"].as_i64() {
        None | Some(0) => Ok(()),
        Some(1 | 4) => needs("click_action_activity").map(drop),
        Some(2) => {
            let url = needs("click_action_url")?;
            let web = url.starts_with("https://") || url.starts_with("http://");
            require(web, "click_action_url must be an http or https address")
        }
        Some(5) => require(needs("click_action_url")?.contains("://"), "click_action_url must have a scheme"),
        Some(_) => Err(invalid("click_action_type must be 0, 1, 2, 4 or 5")),
    }
}

fn class(shown: &Value, rights: &OppoCredential) -> Result<(), Refusal> {
    let refused = |why: &str| Err((67, why.to_owned()));
    let level = shown["notify_level"].as_i64();
    let Some(category) = shown["category"].as_str() else {
        return if level.is_some() { refused("notify_level needs a category") } else { Ok(()) };
    };
    let granted = rights.granted_categories.iter().any(|known| known == category);
    if !(PUBLIC.contains(&category) || SERVICE.contains(&category) && granted) {
        return refused("the category is unknown or was not granted");
    }
    match level {
        None | Some(1 | 2) => Ok(()),
        Some(16) if category == "IM" && rights.banner => Ok(()),
        Some(16) => refused("notify_level 16 was not granted"),
        Some(_) => refused("notify_level must be 1, 2 or 16"),
    }
}

fn require(holds: bool, otherwise: impl std::fmt::Display) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(invalid(otherwise)) }
}

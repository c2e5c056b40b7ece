//! Checks a message as vivo does. vivo does not document the order of its checks.

use serde_json::Value;

use super::{Refusal, UNREADABLE, VivoCredential, content, refusal};

const TITLE: usize = 40;
const CONTENT: usize = 100;
const CUSTOM_PAIRS: usize = 10;
const CUSTOM: usize = 1024;
/// The maximum in the newest document. Older documents allow a week.
const DAY: i64 = 86_400;

const SYSTEM: &[&str] = &["IM", "ACCOUNT", "TODO", "DEVICE_REMINDER", "ORDER", "SUBSCRIPTION"];
const OPERATION: &[&str] = &["NEWS", "CONTENT", "MARKETING", "SOCIAL"];

/// Checks the fields that messages to one phone and to a list share.
pub fn message(body: &Value, app: &VivoCredential, least_ttl: i64) -> Result<(), Refusal> {
    require(matches!(number(body, "notifyType"), Some(1..=4)), "10054", "notifyType must be 1 to 4")?;
    texts(body, app)?;
    let ttl = number(body, "timeToLive").unwrap_or(DAY);
    require((least_ttl..=DAY).contains(&ttl), "10059", format!("timeToLive must be {least_ttl} to {DAY}"))?;
    skip(body)?;
    let network = number(body, "networkType").unwrap_or(-1);
    require(matches!(network, -1 | 1), "10065", "networkType must be -1 or 1")?;
    custom(&body["clientCustomMap"])?;
    receipt(&body["extra"])?;
    request_id(body)?;
    class(body)?;
    let mode = number(body, "pushMode").unwrap_or(0);
    require(matches!(mode, 0 | 1), UNREADABLE, "pushMode must be 0 or 1")?;
    require(app.approved || mode == 1, "10045", "the app may send test messages only")?;
    require(number(body, "notifyId").is_none_or(|id| id > 0), UNREADABLE, "notifyId must be positive")?;
    let texts = ["title", "content"].map(|name| body[name].as_str().unwrap_or_default());
    require(mode == 1 || !texts.into_iter().any(content::is_refused), "10104", "title or content breaks the rule")
}

/// Returns the request id. Every request has one, up to 64 characters long.
pub fn request_id(body: &Value) -> Result<&str, Refusal> {
    let id = body["requestId"].as_str().unwrap_or_default();
    require(!id.is_empty(), "10352", "requestId is missing")?;
    require(length(id) <= 64, "10353", "requestId has at most 64 characters")?;
    Ok(id)
}

fn texts(body: &Value, app: &VivoCredential) -> Result<(), Refusal> {
    for (name, most, empty, long) in [("title", TITLE, "10055", "10056"), ("content", CONTENT, "10057", "10058")] {
        let text = body[name].as_str().unwrap_or_default();
        require(!text.trim().is_empty(), empty, format!("{name} is empty"))?;
        let twice = |character: &char| app.chinese_counts_twice && !character.is_ascii();
        let counted = length(text) + text.chars().filter(twice).count();
        require(counted <= most, long, format!("{name} counts {counted}, at most {most}"))?;
    }
    Ok(())
}

fn skip(body: &Value) -> Result<(), Refusal> {
    let (empty, long, most) = match number(body, "skipType") {
        Some(1) => return Ok(()),
        Some(2) => ("10061", "10062", 1000),
        Some(3) => ("10063", "10064", 1024),
        Some(4) => ("10068", "10069", 1024),
        _ => return Err(refusal("10060", "skipType must be 1 to 4")),
    };
    let content = body["skipContent"].as_str().unwrap_or_default();
    require(!content.is_empty(), empty, "skipContent is empty")?;
    require(length(content) <= most, long, format!("skipContent has at most {most} characters"))
}

fn custom(map: &Value) -> Result<(), Refusal> {
    let Some(map) = map.as_object() else { return Ok(()) };
    require(map.len() <= CUSTOM_PAIRS, "10066", "clientCustomMap has at most 10 pairs")?;
    let counted: usize = map.iter().map(|(key, value)| length(key) + value.as_str().map_or(0, length)).sum();
    require(counted <= CUSTOM, "10067", "clientCustomMap has at most 1024 characters")
}

fn receipt(extra: &Value) -> Result<(), Refusal> {
    let fits = |name: &str, most| extra[name].as_str().is_none_or(|text| length(text) <= most);
    require(fits("callback", 128), "10305", "callback has at most 128 characters")?;
    require(fits("callback.param", 64), "10306", "callback.param has at most 64 characters")
}

fn class(body: &Value) -> Result<(), Refusal> {
    let class = number(body, "classification").unwrap_or(0);
    require(matches!(class, 0 | 1), "11000", "classification must be 0 or 1")?;
    let Some(category) = body["category"].as_str() else { return Ok(()) };
    let (own, other) = if class == 1 { (SYSTEM, OPERATION) } else { (OPERATION, SYSTEM) };
    require(own.contains(&category) || other.contains(&category), "10096", "no such category")?;
    require(own.contains(&category), "10097", "the category is of the other class")
}

fn number(body: &Value, name: &str) -> Option<i64> {
    body[name].as_i64()
}

/// Returns the length of a text. An emoji counts as two.
fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

pub fn require(holds: bool, code: &'static str, otherwise: impl Into<String>) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(refusal(code, otherwise)) }
}

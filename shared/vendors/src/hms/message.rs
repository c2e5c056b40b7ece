//! The parts of a message to Android devices that both vendors name alike, and what a tap does.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};
use shared::{domain::push::Notification, ports::vendor::VendorCall};

use crate::{
    message::{
        Click,
        custom::{is_intent, with_extras},
        replace_id,
        text::cut,
    },
    record::{JavaName, Line, Optional, Rule, forms},
};

/// The vendors set no length; other senders cut here (<https://github.com/wildfirechat/push_server>).
const TITLE_CHARS: usize = 40;
const BODY_CHARS: usize = 256;
/// 15 days, the longest life of a message.
const MAX_TTL: u64 = 1_296_000;
/// Maximum bytes of the tag that comes back in receipts.
const MAX_TAG: usize = 64;

/// A message, all but its tokens.
#[derive(Debug, Serialize)]
pub struct HmsMessage<Android> {
    /// what the app gets with the tap, as JSON in a string
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    pub android: Android,
}

#[derive(Debug, Default, Serialize)]
pub struct ClickAction<'a> {
    /// 1 a page of the app, 2 a web page, 3 the app
    #[serde(rename = "type")]
    kind: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    intent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

impl<'a> ClickAction<'a> {
    /// Returns what a tap does by the first of the options that says it, and the custom data that it does not carry: an
    /// intent has extras of its own.
    pub fn new(options: [&'a Optional<ClickText>; 2], custom: &Map<String, Value>) -> (Self, Option<String>) {
        let data = || (!custom.is_empty()).then(|| serde_json::to_string(custom).unwrap_or_default());
        match options.into_iter().find_map(click) {
            None => (Self { kind: 3, ..Self::default() }, data()),
            Some(Click::Intent(intent)) => {
                (Self { kind: 1, intent: Some(with_extras(intent, custom)), ..Self::default() }, None)
            }
            Some(Click::Action(action)) => (Self { kind: 1, action: Some(action), ..Self::default() }, data()),
            Some(Click::Url(url)) => (Self { kind: 2, url: Some(url), ..Self::default() }, data()),
        }
    }
}

// ----- parts of every message -----

/// Returns title and body as phones show them.
pub fn texts(shown: &Notification) -> (Cow<'_, str>, Cow<'_, str>) {
    (cut(&shown.title, TITLE_CHARS), cut(&shown.body, BODY_CHARS))
}

/// Returns the seconds that the vendor keeps a message.
pub fn ttl(call: &VendorCall<'_>) -> u64 {
    call.ttl.as_secs().min(MAX_TTL)
}

/// Returns what comes back in receipts: the message's id, else the replace id.
pub fn bi_tag(shown: &Notification) -> &str {
    let id = shown.custom.get("m").and_then(Value::as_str).unwrap_or(&shown.replace_id);
    &id[..id.floor_char_boundary(MAX_TAG)]
}

/// Returns the tag and the number by which a notification replaces another one.
pub fn replaces<'a>(call: &VendorCall<'a>) -> (Cow<'a, str>, u32) {
    let id = replace_id::of(call.notification, call.options);
    let number = replace_id::number(&id);
    (id, number)
}

// ----- the option -----

forms! {
    /// What a tap does, as one text.
    ClickText = Rule::Other(
        |text| Line::<2048>::RULE.broken(text).or_else(|| match clicked(text) {
            Click::Action(action) if JavaName::RULE.broken(action).is_some() => {
                Some("must be an intent, an https address or the action of an intent filter".to_owned())
            }
            _ => None,
        }),
        "an intent, an https address or the action of an intent filter",
    );
}

/// Returns what a configured tap does.
pub fn click(option: &Optional<ClickText>) -> Option<Click<'_>> {
    option.get().map(clicked)
}

/// The text's form tells which of them it is.
fn clicked(text: &str) -> Click<'_> {
    if is_intent(text) {
        Click::Intent(text)
    } else if text.starts_with("https://") {
        Click::Url(text)
    } else {
        Click::Action(text)
    }
}

//! The parts of a message to Android devices that both vendors name alike, and what a tap does.

use crate::{message::message_id, prelude::*};

/// The vendors set no length; other senders cut here (<https://github.com/wildfirechat/push_server>).
const TITLE_CHARS: usize = 40;
const BODY_CHARS: usize = 256;
/// 15 days, the longest life of a message.
const MAX_TTL: u64 = 1_296_000;
/// Maximum bytes of the tag that comes back in receipts.
const MAX_TAG: usize = 64;

/// A message, all but its tokens.
#[skip_serializing_none]
#[derive(Debug, Serialize)]
pub struct HmsMessage<Android> {
    /// what the app gets with the tap, as JSON in a string
    pub data: Option<String>,
    pub android: Android,
}

#[skip_serializing_none]
#[derive(Debug, Default, Serialize)]
pub struct ClickAction<'a> {
    /// 1 a page of the app, 2 a web page, 3 the app
    #[serde(rename = "type")]
    kind: u8,
    intent: Option<String>,
    action: Option<&'a str>,
    url: Option<&'a str>,
}

impl<'a> ClickAction<'a> {
    /// Returns what a tap does by the first of the options that says it, and the custom data that it does not carry: an
    /// intent has extras of its own.
    pub fn new(options: [&'a Optional<Tap>; 2], custom: &Map<String, Value>) -> (Self, Option<String>) {
        let data = || (!custom.is_empty()).then(|| serde_json::to_string(custom).unwrap_or_default());
        match options.into_iter().find_map(Click::of_option) {
            None => (Self { kind: 3, ..Self::default() }, data()),
            Some(Click::Intent(intent)) => {
                (Self { kind: 1, intent: Some(with_extras(intent, custom)), ..Self::default() }, None)
            }
            Some(Click::Action(action)) => (Self { kind: 1, action: Some(action), ..Self::default() }, data()),
            Some(Click::Url(url)) => (Self { kind: 2, url: Some(url), ..Self::default() }, data()),
        }
    }
}

/// Returns title and body as phones show them.
pub fn texts(shown: &Notification) -> (Cow<'_, str>, Cow<'_, str>) {
    (cut(&shown.title, TITLE_CHARS), cut(&shown.body, BODY_CHARS))
}

/// Returns the seconds that the vendor keeps a message.
pub fn ttl(call: &VendorCall<'_>) -> u64 {
    call.ttl.as_secs().min(MAX_TTL)
}

/// Returns the message's id, as much of it as the vendor takes.
pub fn short_message_id(shown: &Notification) -> &str {
    let id = message_id(shown);
    &id[..id.floor_char_boundary(MAX_TAG)]
}

/// Returns what comes back in receipts.
pub fn bi_tag(shown: &Notification) -> Cow<'_, str> {
    receipt_param(shown, MAX_TAG)
}

/// Returns the tag and the number by which a notification replaces another one.
pub fn replaces<'a>(call: &VendorCall<'a>) -> (Cow<'a, str>, u32) {
    let id = replace_id::of(call.notification, call.options);
    let number = replace_id::number(&id);
    (id, number)
}

//! From a notification to Xiaomi's form.

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::{Map, Value};
use shared::{
    domain::{
        binding::DeviceToken,
        content::{DEFAULT_BODY, DEFAULT_TITLE},
        outcome::CallError,
    },
    ports::vendor::VendorCall,
};

use super::{
    class,
    rules::{Account, MessageOptions, Options},
    template,
    wire::{Callback, TOKENS, Tap, Template, XiaomiMessage},
};
use crate::{
    message::{Click, replace_id, text::cut},
    record::rejected,
    transport::form::{form, push_escaped},
};

/// Less than 50, whatever the characters are.
const TITLE_CHARS: usize = 49;
/// Less than 128.
const DESCRIPTION_CHARS: usize = 127;
/// Title, description and payload together. The older guide limits a message to this much, the newer page says nothing
/// (<https://dev.mi.com/doc/?p=533>).
const MAX_BYTES: usize = 4096;
/// The code that Xiaomi would answer to more.
const TOO_LONG: &str = "65009";
/// Ten days, the longest life of a private message (<https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1656>).
const MAX_TTL: u128 = 864_000_000;
/// Bytes of the parameter that comes back in receipts.
const MAX_PARAM: usize = 64;
/// Sound, vibration and light; on Android 8 and later the channel decides.
const ALL_KINDS: i64 = -1;
/// Delivered, tapped, token invalid, notifications switched off.
const RECEIPTS: i64 = 1 + 2 + 16 + 32;

/// A notification, written once and completed with the tokens of one request after the other.
pub(super) struct Payload {
    /// everything behind the tokens
    tail: Vec<u8>,
}

impl Payload {
    /// Writes what all tokens of a call share. Refuses what Xiaomi would refuse.
    pub(super) fn new(call: &VendorCall<'_>, account: &Account<'_>) -> Result<Self, CallError> {
        let message = checked(call, account)?;
        let fields = message.fields();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
        Ok(Self { tail: form(&fields).into_bytes() })
    }

    /// The request body for some tokens.
    pub(super) fn to(&self, tokens: &[DeviceToken]) -> Bytes {
        // base64 has two characters in thirty that need an escape
        let length: usize = tokens.iter().map(|token| token.expose().len() + 12).sum();
        let mut body = Vec::with_capacity(TOKENS.len() + length + self.tail.len() + 2);
        body.extend_from_slice(TOKENS.as_bytes());
        for (at, token) in tokens.iter().enumerate() {
            body.extend_from_slice(if at == 0 { b"=" } else { b"%2C" });
            push_escaped(&mut body, token.expose().as_bytes());
        }
        body.push(b'&');
        body.extend_from_slice(&self.tail);
        Bytes::from(body)
    }
}

/// What all tokens of a call share. Refuses what Xiaomi would refuse.
pub(super) fn checked<'a>(call: &VendorCall<'a>, account: &Account<'a>) -> Result<XiaomiMessage<'a>, CallError> {
    let message = message(call, account)?;
    let shown = message.title.len() + message.description.len();
    if shown + message.payload.as_ref().map_or(0, String::len) > MAX_BYTES {
        return Err(CallError::Rejected { code: TOO_LONG.to_owned() });
    }
    Ok(message)
}

/// Whether a token can be one of Xiaomi's. Tokens are separated by commas, so one with a comma in it would be two others.
pub(super) fn fits(token: &DeviceToken) -> bool {
    !token.expose().contains(',')
}

fn message<'a>(call: &VendorCall<'a>, account: &Account<'a>) -> Result<XiaomiMessage<'a>, CallError> {
    let shown = call.notification;
    let own = MessageOptions::read(&shown.options).map_err(rejected)?;
    let options = Options::read(call.options).map_err(rejected)?;
    let (title, description) = (or(&shown.title, DEFAULT_TITLE), or(&shown.body, DEFAULT_BODY));
    Ok(XiaomiMessage {
        package_names: account.package_names.join(","),
        title: cut(title, TITLE_CHARS),
        description: cut(description, DESCRIPTION_CHARS),
        payload: Some(&shown.custom).filter(|custom| !custom.is_empty()).map(text),
        notify_type: options.notify_type.unwrap_or(ALL_KINDS),
        notify_id: replace_id::number(&replace_id::of(shown, call.options)),
        time_to_live: call.ttl.as_millis().min(MAX_TTL),
        tap: tap(own.click_action.or(options.click_action)),
        notify_foreground: options.notify_foreground,
        channel_id: own.channel_id.or(class::channel(account, &options, shown.class)),
        // a template belongs to the channels of the notifier
        template: account.template(shown.class).filter(|_| own.channel_id.is_none()).map(|template| Template {
            id: template.id,
            param: text(
                &template.values(&template::value(title, DEFAULT_TITLE), &template::value(description, DEFAULT_BODY)),
            ),
        }),
        sound_uri: options.sound_uri,
        callback: account.callback_url.or(call.receipt_url).map(|url| Callback {
            url,
            param: param(&shown.custom, &shown.replace_id),
            kinds: options.callback_type.unwrap_or(RECEIPTS),
        }),
    })
}

/// Xiaomi takes no text of blanks alone.
fn or<'a>(text: &'a str, otherwise: &'static str) -> &'a str {
    if text.trim().is_empty() { otherwise } else { text }
}

/// The app gets custom data with the notification's own extra, whatever the tap opens.
fn tap(click: Option<Click<'_>>) -> Tap<'_> {
    match click {
        None => Tap::App,
        Some(Click::Intent(intent)) => Tap::Intent(Cow::Borrowed(intent)),
        Some(Click::Action(action)) => Tap::Intent(Cow::Owned(format!("intent:#Intent;action={action};end"))),
        Some(Click::Url(url)) => Tap::Url(url),
    }
}

fn text(custom: &Map<String, Value>) -> String {
    serde_json::to_string(custom).unwrap_or_default()
}

/// What comes back in receipts: the message's id, else the replace id.
fn param<'a>(custom: &'a Map<String, Value>, replace_id: &'a str) -> &'a str {
    let id = custom.get("m").and_then(Value::as_str).unwrap_or(replace_id);
    &id[..id.floor_char_boundary(MAX_PARAM)]
}

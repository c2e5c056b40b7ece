//! From a notification to Xiaomi's form.

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
    category,
    rules::{Account, MessageOptions, Options},
    template,
    wire::{Callback, TOKENS, Template, XiaomiMessage},
};
use crate::{
    message::{
        Click, replace_id,
        text::{cut, returned},
    },
    record::{Number, read, rejected},
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
    pub(super) fn new(call: &VendorCall<'_>, account: &Account) -> Result<Self, CallError> {
        written(call, account, |message| {
            let fields = message.fields();
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
            Self { tail: form(&fields).into_bytes() }
        })
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

/// Writes what all tokens of a call share. Refuses what Xiaomi would refuse.
pub(super) fn written<T>(
    call: &VendorCall<'_>,
    account: &Account,
    write: impl FnOnce(&XiaomiMessage<'_>) -> T,
) -> Result<T, CallError> {
    let own = read("em_android_push_ext", &call.notification.options).map_err(rejected)?;
    let options = read("options", call.options).map_err(rejected)?;
    let message = message(call, account, &own, &options);
    let shown = message.title.len() + message.description.len();
    if shown + message.payload.as_ref().map_or(0, String::len) > MAX_BYTES {
        return Err(CallError::Rejected { code: TOO_LONG.to_owned() });
    }
    Ok(write(&message))
}

/// Whether a token can be one of Xiaomi's. Tokens are separated by commas, so one with a comma in it would be two others.
pub(super) fn fits(token: &DeviceToken) -> bool {
    !token.expose().contains(',')
}

fn message<'a>(
    call: &VendorCall<'a>,
    account: &'a Account,
    own: &'a MessageOptions,
    options: &'a Options,
) -> XiaomiMessage<'a> {
    let shown = call.notification;
    let (title, description) = (or(&shown.title, DEFAULT_TITLE), or(&shown.body, DEFAULT_BODY));
    // a template belongs to the channels of the notifier
    let template = account.facts.template(shown.class).filter(|_| own.channel_id.get().is_none());
    XiaomiMessage {
        package_names: account.package_names.join(","),
        title: cut(title, TITLE_CHARS),
        description: cut(description, DESCRIPTION_CHARS),
        payload: Some(&shown.custom).filter(|custom| !custom.is_empty()).map(text),
        notify_type: options.notify_type.map_or(ALL_KINDS, Number::get),
        notify_id: replace_id::number(&replace_id::of(shown, call.options)),
        time_to_live: call.ttl.as_millis().min(MAX_TTL),
        click: own.click_action.get().or(options.click_action.get()).map(Click::of),
        notify_foreground: options.notify_foreground,
        channel_id: own.channel_id.get().or(category::channel(&account.facts, options, shown.class)),
        template: template.map(|template| Template {
            id: &template.id,
            param: text(
                &template.values(&template::value(title, DEFAULT_TITLE), &template::value(description, DEFAULT_BODY)),
            ),
        }),
        sound_uri: options.sound_uri.get(),
        callback: account.callback_url.get().or(call.receipt_url).map(|url| Callback {
            url,
            param: returned(shown, MAX_PARAM),
            kinds: options.callback_type.map_or(RECEIPTS, |kinds| kinds.0),
        }),
    }
}

/// Xiaomi takes no text of blanks alone.
fn or<'a>(text: &'a str, otherwise: &'static str) -> &'a str {
    if text.trim().is_empty() { otherwise } else { text }
}

fn text(custom: &Map<String, Value>) -> String {
    serde_json::to_string(custom).unwrap_or_default()
}

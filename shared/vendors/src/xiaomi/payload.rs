//! From a notification to Xiaomi's form.

use shared::domain::content::{DEFAULT_BODY, DEFAULT_TITLE};

use super::{
    category,
    rules::{Account, Template},
    template,
    wire::{Fields, TOKENS},
};
use crate::prelude::*;

/// Less than 50, whatever the characters are.
const TITLE_CHARS: usize = 49;
/// Less than 128.
const DESCRIPTION_CHARS: usize = 127;
/// What [`MAX_BYTES`] holds for.
const LIMITED: [&str; 3] = ["title", "description", "payload"];
/// Title, description and payload together. The older guide limits a message to this much, the newer page says nothing
/// (<https://dev.mi.com/doc/?p=533>).
const MAX_BYTES: usize = 4096;
/// The code that Xiaomi would answer to more.
const TOO_LONG: &str = "65009";
/// Ten days in milliseconds, the longest life of a private message (<https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1656>).
const MAX_TTL: u128 = 864_000_000;
/// Bytes of the parameter that comes back in receipts.
const MAX_PARAM: usize = 64;
/// Bits: 1 sound, 2 vibration, 4 light, all of them; on Android 8 and later the channel decides.
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
        let fields = checked(call, account)?;
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Ok(Self { tail: form(&fields).into_bytes() })
    }

    /// The request body for some tokens.
    pub(super) fn to(&self, tokens: &[DeviceToken]) -> Bytes {
        // base64 has two characters in thirty that need an escape
        let length: usize = tokens.iter().map(|token| token.expose().len() + 12).sum();
        let mut body = Vec::with_capacity(TOKENS.len() + length + self.tail.len() + 2);
        body.extend_from_slice(TOKENS.as_bytes());
        body.push(b'=');
        push_escaped_tokens(&mut body, tokens);
        body.push(b'&');
        body.extend_from_slice(&self.tail);
        Bytes::from(body)
    }
}

/// The form's fields that all tokens of a call share. Refuses what Xiaomi would refuse.
pub(super) fn checked(call: &VendorCall<'_>, account: &Account) -> Result<Fields, CallError> {
    let settings = settings_of(call)?;
    let fields: Fields = fields(call, account, &settings)
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?.into_owned())))
        .collect();
    let limited = fields.iter().filter(|(name, _)| LIMITED.contains(name));
    if limited.map(|(_, value)| value.len()).sum::<usize>() > MAX_BYTES {
        return Err(CallError::Rejected { code: TOO_LONG.to_owned() });
    }
    Ok(fields)
}

/// Whether a token can be one of Xiaomi's. Tokens are separated by commas, so one with a comma in it would be two others.
pub(super) fn fits(token: &DeviceToken) -> bool {
    !token.expose().contains(',')
}

fn fields<'a>(
    call: &VendorCall<'a>,
    account: &'a Account,
    settings: &'a Settings<Account>,
) -> [(&'static str, Option<Cow<'a, str>>); 19] {
    let Settings { own, options } = settings;
    let shown = call.notification;
    let (title, description) = (or(&shown.title, DEFAULT_TITLE), or(&shown.body, DEFAULT_BODY));
    let (effect, intent, url) = tap(own.click_action.get().or(options.click_action.get()).map(Click::of));
    let channel = own.channel_id.get().or(category::channel(&account.facts, options, shown.class));
    // a template belongs to the channels of the notifier
    let template = account.facts.template(shown.class).filter(|_| own.channel_id.get().is_none());
    let values = |template: &Template| {
        text(&template.values(&template::value(title, DEFAULT_TITLE), &template::value(description, DEFAULT_BODY)))
    };
    let callback = account.callback_url.get().or(call.receipt_url);
    let kinds = options.callback_type.map_or(RECEIPTS, |kinds| kinds.0);
    [
        ("restricted_package_name", Some(account.package_names.join(",").into())),
        ("pass_through", Some("0".into())),
        ("title", Some(cut(title, TITLE_CHARS))),
        ("description", Some(cut(description, DESCRIPTION_CHARS))),
        ("payload", Some(&shown.custom).filter(|custom| !custom.is_empty()).map(|custom| text(custom).into())),
        ("notify_type", Some(options.notify_type.map_or(ALL_KINDS, Number::get).to_string().into())),
        // a notification with the same id is replaced
        ("notify_id", Some(replace_id::number(&replace_id::of(shown, call.options)).to_string().into())),
        ("time_to_live", Some(call.ttl.as_millis().min(MAX_TTL).to_string().into())),
        ("extra.notify_effect", Some(effect.into())),
        ("extra.intent_uri", intent),
        ("extra.web_uri", url),
        ("extra.notify_foreground", options.notify_foreground.map(|shown| if shown { "1" } else { "0" }.into())),
        ("extra.channel_id", channel.map(Cow::Borrowed)),
        ("extra.template_id", template.map(|template| (*template.id).into())),
        ("extra.template_param", template.map(|template| values(template).into())),
        ("extra.sound_uri", options.sound_uri.get().map(Cow::Borrowed)),
        ("extra.callback", callback.map(Cow::Borrowed)),
        ("extra.callback.param", callback.map(|_| receipt_param(shown, MAX_PARAM))),
        ("extra.callback.type", callback.map(|_| kinds.to_string().into())),
    ]
}

/// The effect of a tap, with an intent or a web page; by default the launcher's activity. Messages without an effect were
/// shut down in 2024 (<https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1856>). The app gets custom data with the
/// notification's own extra, whatever the tap opens.
fn tap(click: Option<Click<'_>>) -> (&'static str, Option<Cow<'_, str>>, Option<Cow<'_, str>>) {
    match click {
        None => ("1", None, None),
        Some(Click::Intent(intent)) => ("2", Some(intent.into()), None),
        Some(Click::Action(action)) => ("2", Some(format!("intent:#Intent;action={action};end").into()), None),
        Some(Click::Url(url)) => ("3", None, Some(url.into())),
    }
}

/// Xiaomi takes no text of blanks alone.
fn or<'a>(text: &'a str, otherwise: &'static str) -> &'a str {
    if text.trim().is_empty() { otherwise } else { text }
}

fn text(custom: &Map<String, Value>) -> String {
    serde_json::to_string(custom).unwrap_or_default()
}

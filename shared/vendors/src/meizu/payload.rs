//! From a notification to Meizu's message, and to the signed form that carries it.

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use bytes::Bytes;
use serde_json::{Map, Value};
use shared::{
    crypto::encoding::{base64url, sha256_bits},
    domain::{binding::DeviceToken, outcome::CallError},
    ports::vendor::VendorCall,
};

use super::{
    auth::sign,
    class,
    rules::{Account, Click, MessageOptions, Options},
    wire::{Advance, ClickType, Extra, Message, NoticeBar, NotificationType, PushTime},
};
use crate::{
    message::{replace_id, text::cut_by},
    record::rejected,
    transport::form::form,
};

/// Limits: <https://github.com/MEIZUPUSH/PushAPI>, section pushId推送接口（通知栏消息）. What a character is stands nowhere;
/// UTF-16 units are the strictest way to count that is likely.
const TITLE_UNITS: usize = 32;
const CONTENT_UNITS: usize = 100;
const MAX_HOURS: u64 = 72;
/// Bytes of the text that comes back in receipts.
const MAX_PARAM: usize = 64;
/// Deliveries and taps.
const ALL_RECEIPTS: i64 = 3;
/// The code that Meizu would answer to a text that is missing.
const NO_TEXT: &str = "1005";

/// A message, written once and signed with the tokens of one request after the other. The secret is in it, so it has no
/// `Debug`.
pub(super) struct Payload<'a> {
    account: Account<'a>,
    /// signed as it is sent, so it is written once
    message: String,
    /// separated by commas; empty for all packages of the app
    packages: String,
}

impl<'a> Payload<'a> {
    /// Writes what all tokens of a call share. Refuses what Meizu would refuse.
    pub(super) fn new(call: &VendorCall<'a>, account: Account<'a>) -> Result<Self, CallError> {
        let options = Options::read(call.options).map_err(rejected)?;
        if call.notification.title.is_empty() || call.notification.body.is_empty() {
            return Err(CallError::Rejected { code: NO_TEXT.to_owned() });
        }
        let notify_key = notify_key(&replace_id::of(call.notification, call.options));
        let message = serde_json::to_string(&message(call, &account, &options, &notify_key)?);
        Ok(Self {
            account,
            message: message.map_err(|error| CallError::Rejected { code: error.to_string() })?,
            packages: options.restricted_package_names.join(","),
        })
    }

    /// The request body for some tokens.
    pub(super) fn to(&self, tokens: &[&DeviceToken]) -> Bytes {
        let push_ids = tokens.iter().map(|token| token.expose()).collect::<Vec<_>>().join(",");
        let mut fields = vec![("appId", self.account.app_id), ("pushIds", &push_ids), ("messageJson", &self.message)];
        if !self.packages.is_empty() {
            fields.push(("restrictedPackageNames", &self.packages));
        }
        let sign = sign(&fields, self.account.app_secret);
        fields.push(("sign", &sign));
        Bytes::from(form(&fields))
    }
}

fn message<'a>(
    call: &VendorCall<'a>,
    account: &Account<'a>,
    options: &Options<'a>,
    notify_key: &'a str,
) -> Result<Message<'a>, CallError> {
    let shown = call.notification;
    let own = MessageOptions::read(&shown.options).map_err(rejected)?;
    Ok(Message {
        notice_bar_info: NoticeBar {
            notice_msg_type: class::notice_msg_type(account, options, shown.class),
            notice_bar_type: options.notice_bar_type.unwrap_or(0),
            title: cut_by(&shown.title, TITLE_UNITS, char::len_utf16),
            content: cut_by(&shown.body, CONTENT_UNITS, char::len_utf16),
        },
        click_type_info: click_type(own.click.or(options.click), parameters(&shown.custom)),
        push_time_info: push_time(call.ttl),
        advance_info: Advance {
            suspend: options.suspend.into(),
            clear_notice_bar: options.clear_notice_bar.into(),
            notification_type: NotificationType {
                vibrate: options.vibrate.into(),
                lights: options.lights.into(),
                sound: options.sound.into(),
            },
            notify_key,
        },
        extra: account.receipt_url.or(call.receipt_url).map(|callback| Extra {
            callback,
            callback_param: receipt_param(&shown.custom, &shown.replace_id),
            callback_type: options.receipt_type.unwrap_or(ALL_RECEIPTS).to_string(),
        }),
    })
}

fn click_type<'a>(click: Option<Click<'a>>, parameters: BTreeMap<&'a str, Cow<'a, str>>) -> ClickType<'a> {
    match click {
        None => ClickType { click_type: 0, activity: None, url: None, parameters },
        Some(Click::Activity(activity)) => ClickType { click_type: 1, activity: Some(activity), url: None, parameters },
        Some(Click::Url(url)) => ClickType { click_type: 2, activity: None, url: Some(url), parameters },
    }
}

/// Custom data as the page takes it: every value a string.
fn parameters(custom: &Map<String, Value>) -> BTreeMap<&str, Cow<'_, str>> {
    let text = |value| match value {
        &Value::Null => None,
        Value::String(text) => Some(Cow::Borrowed(text.as_str())),
        other => Some(Cow::Owned(other.to_string())),
    };
    custom.iter().filter_map(|(key, value)| Some((key.as_str(), text(value)?))).collect()
}

/// Meizu knows whole hours only; a part of one counts as one, and no time at all means now or never.
fn push_time(ttl: Duration) -> PushTime {
    match ttl.as_secs().div_ceil(3600) {
        0 => PushTime { off_line: 0, valid_time: None },
        hours => PushTime { off_line: 1, valid_time: Some(hours.min(MAX_HOURS)) },
    }
}

/// What comes back in receipts: the message's id, else the replace id.
fn receipt_param<'a>(custom: &'a Map<String, Value>, replace_id: &'a str) -> &'a str {
    let id = custom.get("m").and_then(Value::as_str).unwrap_or(replace_id);
    &id[..id.floor_char_boundary(MAX_PARAM)]
}

/// Eight characters, all that Meizu allows, that follow from the replace id: 48 bits of its hash.
pub(super) fn notify_key(replace_id: &str) -> String {
    base64url(&sha256_bits(replace_id).to_be_bytes()[..6])
}

//! From a notification to Meizu's message, and to the signed form that carries it.

use shared::crypto::encoding::{base64url, sha256_bits};

use super::{
    auth::sign,
    category,
    rules::Account,
    wire::{Advance, ClickType, Extra, MeizuMessage, NoticeBar, NotificationType, PushTime},
};
use crate::prelude::*;

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
    account: &'a Account,
    /// what is signed besides the tokens
    message: String,
    /// separated by commas; empty for all packages of the app
    packages: String,
    /// the form before the tokens, and from behind them to the signature
    head: String,
    tail: String,
}

impl<'a> Payload<'a> {
    /// Writes what all tokens of a call share. Refuses what Meizu would refuse.
    pub(super) fn new(call: &VendorCall<'_>, account: &'a Account) -> Result<Self, CallError> {
        if call.notification.title.is_empty() || call.notification.body.is_empty() {
            return Err(CallError::Rejected { code: NO_TEXT.to_owned() });
        }
        let settings = settings_of(call)?;
        let notify_key = notify_key(&replace_id::of(call.notification, call.options));
        let message = serde_json::to_string(&message(call, account, &settings, &notify_key))
            .map_err(|error| CallError::Rejected { code: error.to_string() })?;
        let packages: Vec<&str> = settings.options.restricted_package_names.iter().map(|name| &**name).collect();
        let packages = packages.join(",");
        let head = format!("{}&pushIds=", form(&[("appId", &*account.app.app_id)]));
        let tail = format!("&{}&sign=", form(&shared_fields(&message, &packages)));
        Ok(Self { account, message, packages, head, tail })
    }

    /// Returns the request body for some tokens.
    pub(super) fn to(&self, tokens: &[&DeviceToken]) -> Bytes {
        let app = &self.account.app;
        let push_ids = tokens.iter().map(|token| token.expose()).collect::<Vec<_>>().join(",");
        let mut signed = shared_fields(&self.message, &self.packages);
        signed.extend([("appId", &*app.app_id), ("pushIds", &*push_ids)]);
        let sign = sign(&signed, &app.app_secret);
        // A comma takes three bytes in a form.
        let length = self.head.len() + push_ids.len() + 2 * tokens.len() + self.tail.len() + sign.len();
        let mut body = Vec::with_capacity(length);
        body.extend_from_slice(self.head.as_bytes());
        push_escaped_tokens(&mut body, tokens.iter().copied());
        body.extend_from_slice(self.tail.as_bytes());
        body.extend_from_slice(sign.as_bytes());
        Bytes::from(body)
    }
}

/// Returns the fields that all requests of a call share, as they are signed.
fn shared_fields<'a>(message: &'a str, packages: &'a str) -> Vec<(&'a str, &'a str)> {
    let packages = Some(("restrictedPackageNames", packages)).filter(|(_, packages)| !packages.is_empty());
    [("messageJson", message)].into_iter().chain(packages).collect()
}

fn message<'a>(
    call: &VendorCall<'a>,
    account: &'a Account,
    settings: &'a Settings<Account>,
    notify_key: &'a str,
) -> MeizuMessage<'a> {
    let options = &settings.options;
    let shown = call.notification;
    MeizuMessage {
        notice_bar_info: NoticeBar {
            notice_msg_type: category::notice_msg_type(&account.facts, options, shown.class),
            notice_bar_type: options.notice_bar_type.map_or(0, Number::get),
            title: cut_by(&shown.title, TITLE_UNITS, char::len_utf16),
            content: cut_by(&shown.body, CONTENT_UNITS, char::len_utf16),
        },
        click_type_info: click_type(call, settings),
        push_time_info: push_time(call.ttl),
        advance_info: Advance {
            suspend: options.suspend.get().into(),
            clear_notice_bar: options.clear_notice_bar.get().into(),
            notification_type: NotificationType {
                vibrate: options.vibrate.get().into(),
                lights: options.lights.get().into(),
                sound: options.sound.get().into(),
            },
            notify_key,
        },
        extra: account.app.receipt_url.get().or(call.receipt_url).map(|callback| Extra {
            callback,
            callback_param: receipt_param(shown, MAX_PARAM),
            callback_type: options.receipt_type.map_or(ALL_RECEIPTS, Number::get).to_string(),
        }),
    }
}

/// Returns what a tap opens: a page, an address, or else the app itself. Meizu's fourth way, left to the app, fails on newer
/// phones and is superseded.
fn click_type<'a>(call: &VendorCall<'a>, settings: &'a Settings<Account>) -> ClickType<'a> {
    let Settings { own, options } = settings;
    let activity = own.click_activity.get().or(options.click_activity.get());
    let url = options.click_url.get().filter(|_| activity.is_none());
    let click_type = match (activity, url) {
        (Some(_), _) => 1,
        (None, Some(_)) => 2,
        (None, None) => 0,
    };
    ClickType { click_type, activity, url, parameters: strings(&call.notification.custom).collect() }
}

/// Meizu knows whole hours only; a part of one counts as one, and no time at all means now or never.
fn push_time(ttl: Duration) -> PushTime {
    match ttl.as_secs().div_ceil(3600) {
        0 => PushTime { off_line: 0, valid_time: None },
        hours => PushTime { off_line: 1, valid_time: Some(hours.min(MAX_HOURS)) },
    }
}

/// Returns eight characters, all that Meizu allows, that follow from the replace id: 48 bits of its hash.
pub(super) fn notify_key(replace_id: &str) -> String {
    base64url(&sha256_bits(replace_id).to_be_bytes()[..6])
}

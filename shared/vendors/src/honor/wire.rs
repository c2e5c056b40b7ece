//! The shapes of Honor Push's interface: <https://developer.honor.com/cn/docs/11002/reference/downlink-message>.
//!
//! They resemble Huawei's, but in camel case and without an object around the message.

use crate::{hms::message::ClickAction, prelude::*};

#[skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Android<'a> {
    /// seconds with an `s` behind
    pub(super) ttl: String,
    /// comes back in receipts
    pub(super) bi_tag: Cow<'a, str>,
    pub(super) target_user_type: Option<i64>,
    pub(super) notification: Notification<'a>,
}

#[skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Notification<'a> {
    pub(super) title: Cow<'a, str>,
    pub(super) body: Cow<'a, str>,
    pub(super) click_action: ClickAction<'a>,
    /// the category: `NORMAL` service and communication, `LOW` information and marketing
    pub(super) importance: &'a str,
    pub(super) badge: Option<Badge<'a>>,
    /// a notification with the same tag, or the same id, is replaced
    pub(super) tag: Cow<'a, str>,
    pub(super) notify_id: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Badge<'a> {
    pub(super) add_num: u8,
    /// the launcher's activity
    pub(super) badge_class: &'a str,
}

/// The answer to a message. Its parts are looked up one by one, because no two descriptions of them agree.
#[derive(Debug, Deserialize)]
pub(super) struct SendResponse {
    /// a number; whoever puts a string there is understood too
    pub(super) code: Value,
    #[serde(default, alias = "msg")]
    pub(super) message: Value,
    #[serde(default)]
    pub(super) data: Value,
}

/// `data` of an answer that tells tokens apart. The lists may be missing or null.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Data {
    /// `false`: nothing was sent
    pub(super) send_result: Option<bool>,
    #[serde(default)]
    pub(super) request_id: Value,
    pub(super) fail_tokens: Option<HashSet<String>>,
    pub(super) expire_tokens: Option<HashSet<String>>,
}

/// The token endpoint's refusal.
#[derive(Debug, Deserialize)]
pub(super) struct TokenError {
    pub(super) error: String,
}

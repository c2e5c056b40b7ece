//! The shapes of Huawei Push Kit's v1 and v2 interfaces, and the answer of all three:
//! <https://developer.huawei.com/consumer/en/doc/HMSCore-References/https-send-api-0000001050986197>.

use crate::{hms::message::ClickAction, prelude::*};

#[skip_serializing_none]
#[derive(Debug, Serialize)]
pub(super) struct Android<'a> {
    pub(super) category: Option<&'a str>,
    /// seconds with an `s` behind
    pub(super) ttl: String,
    pub(super) collapse_key: Option<i64>,
    /// comes back in receipts
    pub(super) bi_tag: Cow<'a, str>,
    pub(super) receipt_id: Option<&'a str>,
    pub(super) target_user_type: Option<i64>,
    pub(super) notification: Notification<'a>,
}

#[skip_serializing_none]
#[derive(Debug, Serialize)]
pub(super) struct Notification<'a> {
    pub(super) title: Cow<'a, str>,
    pub(super) body: Cow<'a, str>,
    pub(super) click_action: ClickAction<'a>,
    pub(super) channel_id: Option<&'a str>,
    pub(super) importance: &'a str,
    pub(super) badge: Option<Badge<'a>>,
    /// a notification with the same tag, or the same id, is replaced
    pub(super) tag: Cow<'a, str>,
    pub(super) notify_id: u32,
}

#[derive(Debug, Serialize)]
pub(super) struct Badge<'a> {
    pub(super) add_num: u8,
    /// the launcher's activity
    pub(super) class: &'a str,
}

/// The answer to a message. The code is a string; whoever puts a number there is understood too.
#[derive(Debug, Deserialize)]
pub(super) struct SendResponse {
    pub(super) code: Value,
    #[serde(default)]
    pub(super) msg: Value,
    #[serde(default, rename = "requestId")]
    pub(super) request_id: Value,
}

/// The token endpoint's refusal.
#[derive(Debug, Deserialize)]
pub(super) struct TokenError {
    pub(super) error: i64,
    pub(super) sub_error: i64,
}

//! The shapes of Meizu's interface (<https://github.com/MEIZUPUSH/PushAPI>, section pushId推送接口（通知栏消息）). Flags are
//! 0 or 1.

use crate::{prelude::*, receipts::read_word};

/// The field `messageJson`.
#[skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MeizuMessage<'a> {
    pub(super) notice_bar_info: NoticeBar<'a>,
    pub(super) click_type_info: ClickType<'a>,
    pub(super) push_time_info: PushTime,
    pub(super) advance_info: Advance<'a>,
    pub(super) extra: Option<Extra<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NoticeBar<'a> {
    /// 0 public, which is capped per device and day; 1 private
    pub(super) notice_msg_type: i64,
    /// 0 Meizu's own look, 2 Android's
    pub(super) notice_bar_type: i64,
    pub(super) title: Cow<'a, str>,
    pub(super) content: Cow<'a, str>,
}

#[skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClickType<'a> {
    /// 0 the app, 1 a page of the app, 2 an address
    pub(super) click_type: u8,
    pub(super) activity: Option<&'a str>,
    pub(super) url: Option<&'a str>,
    /// what the page gets as extras
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) parameters: BTreeMap<&'a str, Cow<'a, str>>,
}

#[skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PushTime {
    /// whether it is kept for a phone that is not connected
    pub(super) off_line: u8,
    /// for how many hours
    pub(super) valid_time: Option<u64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Advance<'a> {
    /// whether it appears over what the person is doing
    pub(super) suspend: u8,
    /// whether the person can dismiss it
    pub(super) clear_notice_bar: u8,
    pub(super) notification_type: NotificationType,
    /// of the notifications with a key only the latest stays
    pub(super) notify_key: &'a str,
}

#[derive(Debug, Serialize)]
pub(super) struct NotificationType {
    pub(super) vibrate: u8,
    pub(super) lights: u8,
    pub(super) sound: u8,
}

/// Where Meizu reports deliveries and taps. The dots belong to the names.
#[derive(Debug, Serialize)]
pub(super) struct Extra<'a> {
    pub(super) callback: &'a str,
    #[serde(rename = "callback.param")]
    pub(super) callback_param: Cow<'a, str>,
    /// 1 deliveries, 2 taps, 3 both
    #[serde(rename = "callback.type")]
    pub(super) callback_type: String,
}

/// The answer. The code is a string; whoever puts a number there is understood too.
#[derive(Debug, Deserialize)]
pub(super) struct MeizuResponse {
    #[serde(deserialize_with = "read_word")]
    pub(super) code: Option<String>,
    /// nothing in many forms, or the tokens that failed by code
    #[serde(default)]
    pub(super) value: Value,
    #[serde(default, rename = "msgId", deserialize_with = "read_word")]
    pub(super) msg_id: Option<String>,
    /// where to send the request instead
    #[serde(default)]
    pub(super) redirect: Value,
}

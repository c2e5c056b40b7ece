//! The shapes of the v3 interface:
//! <https://developer.huawei.com/consumer/cn/doc/harmonyos-references/push-scenariozed-api-request-param>.

use crate::prelude::*;

/// A message, all but its tokens.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HarmonyMessage<'a> {
    pub(super) payload: Shown<'a>,
    pub(super) push_options: PushOptions<'a>,
}

#[derive(Debug, Serialize)]
pub(super) struct Shown<'a> {
    pub(super) notification: Notification<'a>,
}

#[skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Notification<'a> {
    pub(super) category: &'a str,
    pub(super) title: Cow<'a, str>,
    pub(super) body: Cow<'a, str>,
    pub(super) click_action: ClickAction<'a>,
    pub(super) badge: Option<Badge>,
    /// a notification with the same number is replaced
    pub(super) notify_id: u32,
    /// a message with the same id is dropped for a day
    pub(super) app_message_id: &'a str,
}

#[skip_serializing_none]
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClickAction<'a> {
    /// 0 the app, 1 a page of it
    pub(super) action_type: u8,
    pub(super) action: Option<&'a str>,
    pub(super) uri: Option<&'a str>,
    /// what the app gets with the tap
    pub(super) data: Option<&'a Map<String, Value>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Badge {
    pub(super) add_num: u8,
}

#[skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PushOptions<'a> {
    /// seconds
    pub(super) ttl: u64,
    /// comes back in receipts
    pub(super) bi_tag: Cow<'a, str>,
    pub(super) receipt_id: Option<&'a str>,
    pub(super) collapse_key: Option<i64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) test_message: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct BearerHeader<'a> {
    pub(super) kid: &'a str,
    pub(super) typ: &'a str,
    pub(super) alg: &'a str,
}

#[derive(Debug, Serialize)]
pub(super) struct BearerClaims<'a> {
    pub(super) aud: &'a str,
    pub(super) iss: &'a str,
    pub(super) iat: i64,
    pub(super) exp: i64,
}

/// What stands in `msg` when tokens failed: which, by the reason. Nothing is taken when `success` is not there.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Failed {
    #[serde(default)]
    pub(super) success: usize,
    pub(super) failure: usize,
    pub(super) illegal_tokens: HashMap<String, Vec<String>>,
}

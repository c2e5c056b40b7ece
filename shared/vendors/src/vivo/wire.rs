//! The shapes of vivo's push interface (<https://dev.vivo.com.cn/documentCenter/doc/362>). Types are strict: a number in
//! quotes makes vivo refuse the whole request, and so does a null.

use crate::{prelude::*, receipts::read_word};

/// The request for an access token.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TokenRequest<'a> {
    pub(super) app_id: u64,
    pub(super) app_key: &'a str,
    /// Unix milliseconds, within ten minutes of vivo's clock
    pub(super) timestamp: i64,
    pub(super) sign: String,
}

/// A message to one phone, or without `reg_id` to be saved for a list of them.
#[skip_serializing_none]
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VivoMessage<'a> {
    pub(super) app_id: u64,
    pub(super) reg_id: Option<&'a str>,
    /// 1 silent, 2 rings, 3 vibrates, 4 both; on systems older than Android 8, where the channel decides
    pub(super) notify_type: i64,
    pub(super) title: Cow<'a, str>,
    pub(super) content: Cow<'a, str>,
    /// seconds
    pub(super) time_to_live: u64,
    /// 1 the app, 2 a web page, 4 a page of the app
    pub(super) skip_type: u8,
    pub(super) skip_content: Option<String>,
    pub(super) network_type: Option<i8>,
    /// 0 operation, 1 system
    pub(super) classification: i64,
    pub(super) category: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) client_custom_map: BTreeMap<&'a str, Cow<'a, str>>,
    pub(super) extra: Option<Extra<'a>>,
    pub(super) request_id: String,
    /// 0 formal, 1 to test phones only
    pub(super) push_mode: i64,
    /// a notification with the same number is replaced
    pub(super) notify_id: u32,
    pub(super) foreground_show: bool,
    pub(super) add_badge: Option<bool>,
}

/// Where receipts go, and what comes back with them.
#[skip_serializing_none]
#[derive(Debug, Clone, Serialize)]
pub(super) struct Extra<'a> {
    #[serde(rename = "callback")]
    pub(super) url: Option<&'a str>,
    #[serde(rename = "callback.id")]
    pub(super) id: Option<&'a str>,
    #[serde(rename = "callback.param")]
    pub(super) param: Cow<'a, str>,
}

/// The request that sends a saved message, all but its phones.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListRequest<'a> {
    pub(super) app_id: u64,
    pub(super) task_id: &'a str,
    pub(super) request_id: String,
}

/// Any answer. Numbers and texts stand for each other in old clients; both are understood.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VivoResponse {
    #[serde(deserialize_with = "read_word")]
    pub(super) result: Option<String>,
    #[serde(default)]
    pub(super) auth_token: Value,
    #[serde(default, deserialize_with = "read_word")]
    pub(super) task_id: Option<String>,
    /// of a message to one phone
    #[serde(default)]
    pub(super) invalid_user: Value,
    /// of a list
    #[serde(default)]
    pub(super) invalid_users: Value,
    /// the same under the name that it has in vivo's own library
    #[serde(default)]
    pub(super) data: Value,
}

/// A phone that was not reached.
#[derive(Debug, Deserialize)]
pub(super) struct InvalidUser {
    #[serde(deserialize_with = "read_word")]
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) userid: Value,
}

//! The shapes of OPPO's server interface: <https://open.oppomobile.com/documentation/page/info?id=11236> (notification),
//! <https://open.oppomobile.com/documentation/page/info?id=11238> (unicast and batch).

use crate::prelude::*;

/// A notification. Names have underscores, as in the vendor's table and SDK; one of its samples has capitals instead,
/// which the server does not know.
#[skip_serializing_none]
#[derive(Debug, Default, Serialize)]
pub(super) struct Notification<'a> {
    /// goes to a token once, however often it is sent
    pub(super) app_message_id: Option<&'a str>,
    /// 1 standard, 2 long text
    pub(super) style: i64,
    pub(super) title: Cow<'a, str>,
    pub(super) content: Cow<'a, str>,
    pub(super) channel_id: Option<&'a str>,
    pub(super) category: Option<&'a str>,
    pub(super) notify_level: Option<i64>,
    /// 0 the app, 1 a page by action, 2 a web page, 4 a page by class, 5 a page by address
    pub(super) click_action_type: u8,
    pub(super) click_action_activity: Option<&'a str>,
    pub(super) click_action_url: Option<&'a str>,
    /// what the app gets with the tap, as JSON in a string
    pub(super) action_parameters: Option<String>,
    /// a notification with the same number is replaced
    pub(super) notify_id: u32,
    /// whether to keep it for a phone that is offline
    pub(super) off_line: bool,
    /// for how many seconds
    pub(super) off_line_ttl: u64,
    pub(super) show_ttl: Option<i64>,
    /// 0 sets the badge, 1 adds to it
    pub(super) badge_operation_type: Option<u8>,
    pub(super) badge_message_count: Option<u8>,
    pub(super) private_msg_template_id: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) private_title_parameters: BTreeMap<&'a str, Cow<'a, str>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) private_content_parameters: BTreeMap<&'a str, Cow<'a, str>>,
    /// where receipts go, and what comes back with them
    pub(super) call_back_url: Option<&'a str>,
    pub(super) call_back_parameter: Option<Cow<'a, str>>,
}

/// Any answer. The code is a number; whoever puts a string there is understood too.
#[derive(Debug, Deserialize)]
pub(super) struct SendResponse {
    pub(super) code: Value,
    #[serde(default)]
    pub(super) data: Value,
}

/// The answer to a batch that was taken as a whole.
#[derive(Debug, Deserialize)]
pub(super) struct BatchResponse<'a> {
    pub(super) code: Value,
    #[serde(borrow)]
    pub(super) data: Vec<Element<'a>>,
}

/// What became of one message of a batch.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Element<'a> {
    #[serde(borrow, default)]
    pub(super) registration_id: Cow<'a, str>,
    #[serde(default)]
    pub(super) message_id: Value,
    /// absent from what was taken
    #[serde(default)]
    pub(super) error_code: Value,
}

/// The answer with an access token.
#[derive(Debug, Deserialize)]
pub(super) struct TokenResponse {
    pub(super) code: Value,
    pub(super) data: IssuedToken,
}

#[derive(Debug, Deserialize)]
pub(super) struct IssuedToken {
    pub(super) auth_token: String,
    /// milliseconds, as a number or as a string
    #[serde(default)]
    pub(super) create_time: Value,
}

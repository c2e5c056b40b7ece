//! The shapes of FCM's HTTP v1 interface:
//! <https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages>.

use crate::prelude::*;

/// A message, all but its target.
#[skip_serializing_none]
#[derive(Debug, Serialize)]
pub(super) struct FcmMessage<'a> {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) data: BTreeMap<&'a str, Cow<'a, str>>,
    pub(super) android: Android<'a>,
    pub(super) fcm_options: Option<FcmOptions<'a>>,
}

#[skip_serializing_none]
#[derive(Debug, Serialize)]
pub(super) struct Android<'a> {
    pub(super) priority: &'a str,
    /// seconds with an `s` behind
    pub(super) ttl: String,
    pub(super) collapse_key: Option<&'a str>,
    pub(super) restricted_package_name: Option<&'a str>,
    pub(super) notification: Notification<'a>,
}

#[skip_serializing_none]
#[derive(Debug, Serialize)]
pub(super) struct Notification<'a> {
    pub(super) title: Cow<'a, str>,
    pub(super) body: Cow<'a, str>,
    /// a notification with the same tag is replaced
    pub(super) tag: Cow<'a, str>,
    pub(super) sound: &'a str,
    pub(super) channel_id: Option<&'a str>,
    pub(super) click_action: Option<&'a str>,
    pub(super) icon: Option<&'a str>,
    pub(super) color: Option<&'a str>,
}

/// A message that shows nothing, all but its target.
#[derive(Debug, Serialize)]
pub(super) struct DataMessage<'a> {
    pub(super) data: BTreeMap<&'a str, Cow<'a, str>>,
    pub(super) android: SilentAndroid<'a>,
}

#[skip_serializing_none]
#[derive(Debug, Serialize)]
pub(super) struct SilentAndroid<'a> {
    pub(super) priority: &'a str,
    /// seconds with an `s` behind
    pub(super) ttl: String,
    pub(super) restricted_package_name: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub(super) struct FcmOptions<'a> {
    pub(super) analytics_label: &'a str,
}

/// The answer to a message.
#[derive(Debug, Deserialize)]
pub(super) struct SendResponse {
    pub(super) name: Option<String>,
    /// A Google API error. Its parts are looked up one by one, because proxies and new versions bend its form.
    pub(super) error: Option<Value>,
}

/// The header and the claims of the assertion that is exchanged for an access token:
/// <https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests>.
#[derive(Debug, Serialize)]
pub(super) struct AssertionHeader<'a> {
    pub(super) alg: &'static str,
    pub(super) typ: &'static str,
    pub(super) kid: &'a str,
}

#[derive(Debug, Serialize)]
pub(super) struct AssertionClaims<'a> {
    pub(super) iss: &'a str,
    pub(super) scope: &'static str,
    pub(super) aud: &'a str,
    pub(super) iat: i64,
    pub(super) exp: i64,
}

/// The token endpoint's refusal.
#[derive(Debug, Deserialize)]
pub(super) struct TokenError {
    pub(super) error: String,
}

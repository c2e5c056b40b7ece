//! Huawei Push Kit for HarmonyOS 5: notifications with bearers that callers sign with a service account's key.
//!
//! Other kinds of message (`push-type` 1 to 10) need rights that no account has here.
//! Source: <https://developer.huawei.com/consumer/cn/doc/harmonyos-references/push-scenariozed-api-request-struct>.

pub mod account;
pub mod auth;
mod check;
mod send;
mod shape;

use serde::{Deserialize, Serialize};

pub use send::send;

/// What Huawei knows about a project and one key of its service account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HarmonyCredential {
    pub project_id: String,
    pub key_id: String,
    pub sub_account: String,
    /// The client of the project's app. Revoking needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// DER of the RSA key, base64.
    pub public_key: String,
    /// False if push is not enabled for the project's app.
    #[serde(default = "super::yes")]
    pub may_send: bool,
    /// The app broke Huawei's rules.
    #[serde(default)]
    pub punished: bool,
    /// Categories that the app may use. A message under any other is delivered as `MARKETING`.
    #[serde(default)]
    pub granted_categories: Vec<String>,
}

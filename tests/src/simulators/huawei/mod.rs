//! Huawei Push Kit for Android devices (EMUI, HarmonyOS up to 4) and for HarmonyOS 5, and Huawei's OAuth server.
//!
//! Paths: `POST /huawei/oauth2/v3/token`, `POST /huawei/v1/{appId}/messages:send`,
//! `POST /huawei/v2/{projectId}/messages:send` and, for HarmonyOS 5 with bearers that its callers sign,
//! `POST /huawei/v3/{projectId}/messages:send`. `POST /huawei/v1/{id}/messages:revoke` removes notifications; for HarmonyOS 5 the id
//! is the app's client, for Android the app.
//!
//! Stricter than Huawei in one point: unknown and misplaced fields are refused, not ignored.

pub mod account;
mod answer;
mod auth;
mod check;
pub mod harmony;
mod notification;
mod receipt;
mod revoke;
pub mod scripts;
mod send;
mod shape;
mod spec;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::engine::jwt::PublicKey;
use super::engine::{
    Answer, Endpoint, Judgement, Notice, ReceiptEvent, Report, Request, Scene, VendorSimulator, digits, opaque,
};
pub use harmony::HarmonyCredential;
pub use spec::SIMULATOR;

pub const NAME: &str = "huawei";

/// What Huawei knows about an app.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HuaweiCredential {
    pub app_id: String,
    /// The v2 address needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<String>,
    pub client_id: String,
    pub client_secret: String,
    /// False if push is not enabled for the app.
    #[serde(default = "yes")]
    pub may_send: bool,
    /// The right to wake an app with `urgency` `HIGH`.
    #[serde(default)]
    pub high_priority: bool,
    /// Categories that the app may use. A message under any other is delivered as `MARKETING`.
    #[serde(default)]
    pub granted_categories: Vec<String>,
    /// Maximum access tokens in five minutes. Only one source names the number.
    #[serde(default = "usual_token_limit")]
    pub tokens_per_five_minutes: usize,
}

fn yes() -> bool {
    true
}

fn usual_token_limit() -> usize {
    1000
}

/// The interface of a path, with the app or project that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Api<'a> {
    App(&'a str),
    Project(&'a str),
    /// A project, for HarmonyOS 5.
    Harmony(&'a str),
}

pub struct Huawei;

impl VendorSimulator for Huawei {
    fn name(&self) -> &'static str {
        NAME
    }

    fn endpoint(&self, request: &Request) -> Endpoint {
        match request.path.as_str() {
            "/oauth2/v3/token" => Endpoint::Token,
            path if api(path).is_some() => Endpoint::Send,
            path if revoke::id(path).is_some() => Endpoint::Revoke,
            _ => Endpoint::Unknown,
        }
    }

    fn targets(&self, request: &Request) -> Vec<String> {
        let body = request.json().unwrap_or_default();
        if self.endpoint(request) == Endpoint::Revoke {
            return revoke::tokens(&body).map(str::to_owned).collect();
        }
        let target = if matches!(api(&request.path), Some(Api::Harmony(_))) { "target" } else { "message" };
        let tokens = body[target]["token"].as_array();
        tokens.into_iter().flatten().filter_map(|token| token.as_str().map(str::to_owned)).collect()
    }

    fn judge(&self, request: &Request, scene: &Scene<'_>) -> Judgement {
        match (self.endpoint(request), api(&request.path)) {
            (Endpoint::Unknown, _) => Judgement::refused(Answer::html(404, "Not Found"), "no such path"),
            _ if request.method != "POST" => {
                Judgement::refused(Answer::html(405, "Method Not Allowed"), "method must be POST")
            }
            (Endpoint::Revoke, _) => revoke::revoke(request, scene),
            (Endpoint::Send, Some(Api::Harmony(project))) => harmony::send(request, project, scene),
            (Endpoint::Send, Some(Api::App(app))) => send::send(request, send::Sender::App(app), scene),
            (Endpoint::Send, Some(Api::Project(project))) => send::send(request, send::Sender::Project(project), scene),
            _ => auth::exchange(request, scene),
        }
    }

    fn coded(&self, endpoint: Endpoint, code: &str) -> Answer {
        match endpoint {
            Endpoint::Token => {
                let (error, sub_error) = code.split_once('/').unwrap_or((code, "0"));
                answer::oauth(error.parse().unwrap_or(0), sub_error.parse().unwrap_or(0), "scripted")
            }
            Endpoint::Send | Endpoint::Revoke | Endpoint::Unknown => answer::coded(code),
        }
    }

    fn report(&self, notice: &Notice, event: ReceiptEvent, at_ms: u64, _secret: &str) -> Option<Report> {
        Some(receipt::report(notice, event, at_ms))
    }

    fn credential_id(&self, record: &Value) -> Result<String, String> {
        if record.get("sub_account").is_some() {
            let account = HarmonyCredential::deserialize(record).map_err(|error| error.to_string())?;
            PublicKey::from_base64(&account.public_key).ok_or("public_key is no base64 of an RSA key in DER")?;
            return Ok(account.key_id);
        }
        let credential = HuaweiCredential::deserialize(record).map_err(|error| error.to_string())?;
        if auth::is_client_id(&credential.client_id) {
            Ok(credential.client_id)
        } else {
            Err("client_id must be 1 to 64 digits".to_owned())
        }
    }
}

/// Returns a fresh push token in the form of an Android device's.
pub fn device_token() -> String {
    device_token_of(&digits(16))
}

/// Returns an Android device's push token that is derived from letters and digits.
pub fn device_token_of(text: &str) -> String {
    format!("0{text}00001234500CN01")
}

/// Returns a fresh push token in the form of a HarmonyOS device's.
pub fn harmony_device_token() -> String {
    harmony_device_token_of(&opaque(60))
}

/// Returns a HarmonyOS device's push token that is derived from letters and digits.
pub fn harmony_device_token_of(text: &str) -> String {
    format!("MAMzLg{text}")
}

fn api(path: &str) -> Option<Api<'_>> {
    let (version, id) = path.strip_prefix('/')?.strip_suffix("/messages:send")?.split_once('/')?;
    if id.is_empty() || id.contains('/') {
        return None;
    }
    match version {
        "v1" => Some(Api::App(id)),
        "v2" => Some(Api::Project(id)),
        "v3" => Some(Api::Harmony(id)),
        _ => None,
    }
}

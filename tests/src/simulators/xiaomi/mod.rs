//! Xiaomi Push ("MiPush").
//!
//! Paths: `POST /xiaomi/v3/message/regid`; `/xiaomi/v2/message/regid`, which takes one package name; and
//! `/xiaomi/v2/multi_messages/regids`, which takes one package name too and sends messages with a notification each.
//! `POST /xiaomi/v3/message/regid/revoke` removes notifications.
//! There are no access tokens: every call carries the app's secret. Almost every answer has status 200.
//!
//! Stricter than Xiaomi in one point: unknown and repeated fields are refused, not ignored. Where the documents leave
//! the code of a fault open, a missing field has 10016 and a wrong one 10017.

pub mod account;
mod answer;
mod channel;
mod check;
mod merged;
mod receipt;
mod revoke;
pub mod scripts;
mod send;
mod spec;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::engine::{
    Answer, Endpoint, Judgement, Notice, ReceiptEvent, Report, Request, Scene, VendorSimulator, opaque,
};

pub use spec::SIMULATOR;

pub const NAME: &str = "xiaomi";

/// What Xiaomi knows about an app.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct XiaomiCredential {
    pub app_id: String,
    pub app_secret: String,
    pub package_names: Vec<String>,
    #[serde(default)]
    pub channels: Vec<Channel>,
    /// True since 2024-09-30, when Xiaomi ended taps without an effect.
    #[serde(default = "yes")]
    pub needs_notify_effect: bool,
    /// True if private messages need a template. From 2027 on it is true for every app.
    #[serde(default)]
    pub needs_template: bool,
}

/// A channel that Xiaomi approved.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    pub id: String,
    pub kind: ChannelKind,
    #[serde(default)]
    pub templates: Vec<Template>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// For public messages, with a small quota for each device and day.
    Public,
    /// For messages between users, without a quota.
    Private,
}

/// A template with the names of its variables.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    pub id: String,
    pub params: Vec<String>,
}

fn yes() -> bool {
    true
}

pub struct Xiaomi;

impl VendorSimulator for Xiaomi {
    fn name(&self) -> &'static str {
        NAME
    }

    fn endpoint(&self, request: &Request) -> Endpoint {
        match request.path.as_str() {
            "/v2/message/regid" | "/v3/message/regid" | merged::PATH => Endpoint::Send,
            revoke::PATH => Endpoint::Revoke,
            _ => Endpoint::Unknown,
        }
    }

    fn targets(&self, request: &Request) -> Vec<String> {
        let form = request.form().unwrap_or_default();
        if request.path == merged::PATH {
            return merged::tokens(&form);
        }
        if request.path == revoke::PATH {
            return revoke::tokens(&form).map(str::to_owned).collect();
        }
        check::tokens(&form).map(str::to_owned).collect()
    }

    fn judge(&self, request: &Request, scene: &Scene<'_>) -> Judgement {
        match self.endpoint(request) {
            Endpoint::Send if request.method == "POST" => send::send(request, scene),
            Endpoint::Revoke if request.method == "POST" => revoke::revoke(request, scene),
            Endpoint::Send | Endpoint::Revoke => {
                Judgement::refused(answer::coded("10021"), "10021: the method must be POST")
            }
            Endpoint::Token | Endpoint::Unknown => Judgement::refused(Answer::html(404, "Not Found"), "no such path"),
        }
    }

    fn coded(&self, _endpoint: Endpoint, code: &str) -> Answer {
        answer::coded(code)
    }

    fn report(&self, notice: &Notice, event: ReceiptEvent, at_ms: u64, _secret: &str) -> Option<Report> {
        receipt::report(notice, event, at_ms)
    }

    fn credential_id(&self, record: &Value) -> Result<String, String> {
        let credential = XiaomiCredential::deserialize(record).map_err(|error| error.to_string())?;
        if credential.package_names.is_empty() {
            return Err("package_names must have an entry".to_owned());
        }
        Ok(credential.app_id)
    }
}

/// Returns a fresh regid: base64, with slashes and pluses that a client must escape.
pub fn device_token() -> String {
    device_token_of(&opaque(30).replace('-', "+").replace('_', "/"))
}

/// Returns a regid that is derived from letters and digits. Base64 has groups of four.
pub fn device_token_of(text: &str) -> String {
    format!("+/{text}{}==", "A".repeat((4 - text.len() % 4) % 4))
}

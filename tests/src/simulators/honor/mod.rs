//! Honor Push, and Honor's OAuth server.
//!
//! Paths: `POST /honor/auth/token` (as on older hosts also
//! `/honor/auth/realms/developer/protocol/openid-connect/token`) and
//! `POST /honor/api/v1/{appId}/sendMessage`.
//!
//! Field tables: <https://developer.honor.com/cn/docs/11002/reference/downlink-message>. Stricter than Honor in three
//! points: it refuses unknown and misplaced fields, a `timestamp` that is off by more than a few minutes, and one in
//! seconds. Honor does not publish its answers to most faults. Here a refusal has the HTTP status that fits it, in the
//! body as well.

pub mod account;
mod answer;
mod auth;
mod check;
mod notification;
mod receipt;
pub mod scripts;
mod send;
mod shape;
mod spec;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::engine::{
    Answer, Endpoint, Judgement, Notice, ReceiptEvent, Report, Request, Scene, VendorSimulator, digits,
};

pub use spec::SIMULATOR;

pub const NAME: &str = "honor";

/// Maximum tokens of a request. Honor does not publish it.
const MAX_TOKENS: usize = 1000;

/// What Honor knows about an app.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HonorCredential {
    pub app_id: String,
    pub client_id: String,
    pub client_secret: String,
    /// False if push is not enabled for the app.
    #[serde(default = "yes")]
    pub may_send: bool,
    /// The right to service and communication messages. Without it every notification is marketing.
    #[serde(default = "yes")]
    pub service_right: bool,
    /// Maximum tokens of a request.
    #[serde(default = "usual_tokens")]
    pub max_tokens: usize,
    /// How far `timestamp` may be off. Honor does not publish it.
    #[serde(default = "usual_skew")]
    pub max_skew_seconds: u64,
}

fn yes() -> bool {
    true
}

fn usual_tokens() -> usize {
    MAX_TOKENS
}

fn usual_skew() -> u64 {
    300
}

pub struct Honor;

impl VendorSimulator for Honor {
    fn name(&self) -> &'static str {
        NAME
    }

    fn endpoint(&self, request: &Request) -> Endpoint {
        match request.path.as_str() {
            "/auth/token" | "/auth/realms/developer/protocol/openid-connect/token" => Endpoint::Token,
            path if app_id(path).is_some() => Endpoint::Send,
            _ => Endpoint::Unknown,
        }
    }

    fn targets(&self, request: &Request) -> Vec<String> {
        let body = request.json().unwrap_or_default();
        let tokens = body["token"].as_array();
        tokens.into_iter().flatten().filter_map(|token| token.as_str().map(str::to_owned)).collect()
    }

    fn judge(&self, request: &Request, scene: &Scene<'_>) -> Judgement {
        match (self.endpoint(request), app_id(&request.path)) {
            (Endpoint::Unknown, _) => Judgement::refused(Answer::html(404, "Not Found"), "no such path"),
            _ if request.method != "POST" => {
                Judgement::refused(Answer::html(405, "Method Not Allowed"), "method must be POST")
            }
            (Endpoint::Send, Some(app_id)) => send::send(request, app_id, scene),
            _ => auth::exchange(request, scene),
        }
    }

    fn coded(&self, endpoint: Endpoint, code: &str) -> Answer {
        match endpoint {
            Endpoint::Token => answer::oauth(400, code, "scripted"),
            Endpoint::Send | Endpoint::Revoke | Endpoint::Unknown => answer::coded(code),
        }
    }

    fn report(&self, notice: &Notice, event: ReceiptEvent, at_ms: u64, _secret: &str) -> Option<Report> {
        receipt::report(notice, event, at_ms)
    }

    fn credential_id(&self, record: &Value) -> Result<String, String> {
        let credential = HonorCredential::deserialize(record).map_err(|error| error.to_string())?;
        let digits = credential.app_id.bytes().all(|byte| byte.is_ascii_digit());
        if credential.client_id.is_empty() || credential.app_id.is_empty() || !digits {
            return Err("client_id must be set, and app_id must be digits".to_owned());
        }
        Ok(credential.client_id)
    }
}

/// Returns a fresh push token. Tokens are opaque; published samples begin like this.
pub fn device_token() -> String {
    device_token_of(&digits(24))
}

/// Returns a push token that is derived from letters and digits.
pub fn device_token_of(text: &str) -> String {
    format!("BAEAAAAA{text}")
}

fn app_id(path: &str) -> Option<&str> {
    let id = path.strip_prefix("/api/v1/")?.strip_suffix("/sendMessage")?;
    (!id.is_empty() && !id.contains('/')).then_some(id)
}

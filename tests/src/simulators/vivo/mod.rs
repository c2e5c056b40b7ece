//! vivo Push.
//!
//! Paths: `POST /vivo/message/auth`, and `POST /vivo/message/send` to one phone. For lists:
//! `POST /vivo/message/saveListPayload`, which delivers nothing yet, and `POST /vivo/message/pushToList`. The interfaces for
//! broadcasts, tags and statistics are not simulated.
//!
//! Stricter than vivo in three points. Unknown fields are refused, not ignored. Every request must name its app. A
//! message for a list must live for 15 minutes, which only older documents say.

pub mod account;
mod answer;
mod auth;
mod check;
mod content;
mod list;
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
    Access, Answer, Endpoint, Judgement, Notice, ReceiptEvent, Report, Request, Scene, VendorSimulator, opaque,
};

pub use spec::SIMULATOR;

pub const NAME: &str = "vivo";

/// What vivo knows about an app.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VivoCredential {
    pub app_id: u64,
    pub app_key: String,
    pub app_secret: String,
    /// False while the app is not in vivo's store. Such an app sends only test messages, to single phones.
    #[serde(default = "yes")]
    pub approved: bool,
    /// How the length of texts is counted. vivo's documents disagree.
    #[serde(default)]
    pub chinese_counts_twice: bool,
    /// Phones that may get test messages.
    #[serde(default)]
    pub test_devices: Vec<String>,
    #[serde(default = "usual_token_limit")]
    pub tokens_per_second: usize,
}

fn yes() -> bool {
    true
}

fn usual_token_limit() -> usize {
    10
}

/// The header with the access token.
const AUTH_TOKEN: &str = "authtoken";

/// vivo's result code, and the reason.
type Refusal = (&'static str, String);

/// The code for values that have none of their own. The answer is HTTP 400.
const UNREADABLE: &str = "HTTP 400";

fn refusal(code: &'static str, why: impl Into<String>) -> Refusal {
    (code, why.into())
}

pub struct Vivo;

impl VendorSimulator for Vivo {
    fn name(&self) -> &'static str {
        NAME
    }

    fn endpoint(&self, request: &Request) -> Endpoint {
        match request.path.as_str() {
            "/message/auth" => Endpoint::Token,
            "/message/send" | "/message/saveListPayload" | "/message/pushToList" => Endpoint::Send,
            _ => Endpoint::Unknown,
        }
    }

    fn targets(&self, request: &Request) -> Vec<String> {
        let body = request.json().unwrap_or_default();
        let many = body["regIds"].as_array().into_iter().flatten();
        many.chain([&body["regId"]]).filter_map(|token| token.as_str().map(str::to_owned)).collect()
    }

    fn judge(&self, request: &Request, scene: &Scene<'_>) -> Judgement {
        if self.endpoint(request) == Endpoint::Unknown {
            return Judgement::refused(Answer::html(404, "Not Found"), "no such path");
        }
        if request.method != "POST" {
            return Judgement::refused(Answer::html(405, "Method Not Allowed"), "method must be POST");
        }
        let body = match shape::read(request) {
            Ok(body) => body,
            Err(why) => return Judgement::refused(answer::bad_request(), why),
        };
        let judged = match request.path.as_str() {
            "/message/auth" => auth::exchange(&body, scene),
            path => authenticate(request, &body, scene).and_then(|app| match path {
                "/message/send" => send::send(&body, &app, scene),
                "/message/saveListPayload" => list::save(&body, &app),
                _ => list::push(&body, &app, scene),
            }),
        };
        judged.unwrap_or_else(|(code, why)| {
            let answer = if code == UNREADABLE { answer::bad_request() } else { answer::coded(code) };
            Judgement::refused(answer, format!("{code}: {why}"))
        })
    }

    fn coded(&self, _: Endpoint, code: &str) -> Answer {
        answer::coded(code)
    }

    fn report(&self, notice: &Notice, event: ReceiptEvent, at_ms: u64, _secret: &str) -> Option<Report> {
        receipt::report(notice, event, at_ms)
    }

    fn credential_id(&self, record: &Value) -> Result<String, String> {
        let credential = VivoCredential::deserialize(record).map_err(|error| error.to_string())?;
        Ok(credential.app_id.to_string())
    }

    fn secret_header(&self) -> Option<&'static str> {
        Some(AUTH_TOKEN)
    }

    fn token_lifetime_seconds(&self) -> u64 {
        86_400
    }
}

/// Returns a fresh registration id.
pub fn device_token() -> String {
    device_token_of(&opaque(45))
}

/// Returns a registration id that is derived from letters and digits.
pub fn device_token_of(text: &str) -> String {
    format!("v2-{text:0>60}")
}

/// Returns whether a token has one of the two forms: 23 digits, or a long text that begins with its version.
fn is_device_token(token: &str) -> bool {
    let long = token.strip_prefix("v2-").is_some_and(|rest| rest.len() > 47 && token.len() <= 255);
    long || (token.len() == 23 && token.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns the app that calls.
fn authenticate(request: &Request, body: &Value, scene: &Scene<'_>) -> Result<VivoCredential, Refusal> {
    let token = request.header(AUTH_TOKEN).unwrap_or_default();
    let id = match scene.access(token) {
        Access::Valid(token) => token.credential.clone(),
        Access::Expired(_) => return Err(refusal("10000", "the access token is expired")),
        Access::Unknown => return Err(refusal("10000", "the access token is missing or unknown")),
    };
    let known = scene.credential(|known: &VivoCredential| known.app_id.to_string() == id);
    let (_, app) = known.ok_or_else(|| refusal("10000", "the app was removed"))?;
    match body["appId"].as_u64() {
        None => Err(refusal("10200", "appId is missing")),
        Some(id) if id != app.app_id => Err(refusal("10094", "the access token belongs to another app")),
        Some(_) => Ok(app),
    }
}

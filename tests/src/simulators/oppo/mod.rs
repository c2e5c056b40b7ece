//! OPPO push for OPPO, realme and OnePlus phones.
//!
//! Paths: `POST /oppo/server/v1/auth`, `POST /oppo/server/v1/message/notification/unicast` and
//! `POST /oppo/server/v1/message/notification/unicast_batch`. The broadcast of public messages is not simulated.
//!
//! Stricter than OPPO in one point: unknown and misplaced fields are refused, not ignored. OPPO's pages name the codes
//! of most faults. For the others, the code was chosen by its name.

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

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::engine::{
    Answer, Endpoint, Judgement, Notice, ReceiptEvent, Report, Request, Scene, VendorSimulator, opaque,
};

pub use spec::SIMULATOR;

pub const NAME: &str = "oppo";

/// What OPPO knows about an app, and its behaviour where the documents leave that open.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OppoCredential {
    pub app_id: String,
    pub app_key: String,
    pub master_secret: String,
    /// False if the app was disabled in the console.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Service categories that were granted. Categories of content and marketing need no grant.
    #[serde(default)]
    pub granted_categories: Vec<String>,
    /// Whether `notify_level` 16 was granted.
    #[serde(default)]
    pub banner: bool,
    /// Maximum characters of a text in the standard style: 50, or 200 in older documents.
    #[serde(default = "usual_content_limit")]
    pub content_limit: usize,
    /// Maximum device tokens a second, over all calls.
    #[serde(default = "usual_rate")]
    pub users_per_second: usize,
    /// 55, or -2.
    #[serde(default = "usual_rate_code")]
    pub rate_code: i64,
    /// Maximum public messages a day.
    #[serde(default = "usual_quota")]
    pub public_per_day: usize,
    /// Whether a repeated `app_message_id` is answered like a new one and not delivered. Otherwise the answer is 32.
    #[serde(default)]
    pub repeats_are_silent: bool,
    /// Whether a malformed registration id is an invalid argument of the whole request (41). Otherwise it is an invalid
    /// registration id (10000).
    #[serde(default)]
    pub shape_is_an_argument: bool,
    /// Whether the access token may be in a header `auth_token`.
    #[serde(default)]
    pub token_in_header: bool,
}

fn yes() -> bool {
    true
}

fn usual_content_limit() -> usize {
    50
}

/// Returns the limit of the largest apps. Small apps have a sixth of it.
fn usual_rate() -> usize {
    30_000
}

fn usual_rate_code() -> i64 {
    55
}

fn usual_quota() -> usize {
    100_000
}

impl OppoCredential {
    /// Returns an app that may send chat messages and similar ones.
    pub fn new(app_id: &str, app_key: &str, master_secret: &str) -> Self {
        Self {
            app_id: app_id.to_owned(),
            app_key: app_key.to_owned(),
            master_secret: master_secret.to_owned(),
            enabled: true,
            granted_categories: ["IM", "ACCOUNT"].map(str::to_owned).to_vec(),
            banner: true,
            content_limit: usual_content_limit(),
            users_per_second: usual_rate(),
            rate_code: usual_rate_code(),
            public_per_day: usual_quota(),
            repeats_are_silent: false,
            shape_is_an_argument: false,
            token_in_header: false,
        }
    }
}

/// The two interfaces for sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Single,
    Batch,
}

impl Way {
    fn of(path: &str) -> Option<Self> {
        match path.strip_prefix("/server/v1/message/notification/")? {
            "unicast" => Some(Self::Single),
            "unicast_batch" => Some(Self::Batch),
            _ => None,
        }
    }

    /// Returns the name of the form's field with the message or messages.
    fn field(self) -> &'static str {
        match self {
            Self::Single => "message",
            Self::Batch => "messages",
        }
    }
}

pub struct Oppo;

impl VendorSimulator for Oppo {
    fn name(&self) -> &'static str {
        NAME
    }

    fn endpoint(&self, request: &Request) -> Endpoint {
        match request.path.as_str() {
            "/server/v1/auth" => Endpoint::Token,
            path if Way::of(path).is_some() => Endpoint::Send,
            _ => Endpoint::Unknown,
        }
    }

    fn targets(&self, request: &Request) -> Vec<String> {
        let Some(way) = Way::of(&request.path) else { return Vec::new() };
        let form = request.form().unwrap_or_default();
        let given: Value = form.get(way.field()).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let messages = match given {
            Value::Array(messages) => messages,
            message => vec![message],
        };
        messages.iter().filter_map(|message| message["target_value"].as_str().map(str::to_owned)).collect()
    }

    fn judge(&self, request: &Request, scene: &Scene<'_>) -> Judgement {
        match (self.endpoint(request), Way::of(&request.path)) {
            (Endpoint::Unknown, _) => Judgement::refused(Answer::html(404, "Not Found"), "no such path"),
            _ if request.method != "POST" => Judgement::refused(answer::coded(12), "method must be POST"),
            (Endpoint::Send, Some(way)) => send::send(request, way, scene),
            _ => auth::exchange(request, scene),
        }
    }

    fn coded(&self, _: Endpoint, code: &str) -> Answer {
        answer::coded(code.parse().unwrap_or(-1))
    }

    fn report(&self, notice: &Notice, event: ReceiptEvent, at_ms: u64, _secret: &str) -> Option<Report> {
        receipt::report(notice, event, at_ms)
    }

    fn credential_id(&self, record: &Value) -> Result<String, String> {
        let credential = OppoCredential::deserialize(record).map_err(|error| error.to_string())?;
        if credential.app_key.is_empty() { Err("app_key must be set".to_owned()) } else { Ok(credential.app_key) }
    }

    fn token_lifetime_seconds(&self) -> u64 {
        86_400
    }
}

/// Returns a fresh registration id of a phone in China.
pub fn device_token() -> String {
    device_token_of(&opaque(16))
}

/// Returns a registration id that is derived from a text. An id is hexadecimal, so it does not show the text.
pub fn device_token_of(text: &str) -> String {
    let hash = digest(&SHA256, text.as_bytes());
    let digits: String = hash.as_ref()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("OPPO_CN_{digits}")
}

/// Returns whether a token has the form that the vendor's SDK checks.
///
/// It is 32 hexadecimal digits, optionally behind a region, or behind a brand and a region. Or it is 24 hexadecimal
/// digits.
fn is_well_formed(token: &str) -> bool {
    let parts: Vec<&str> = token.split('_').collect();
    let hex = |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let region = |text: &str| text == "EUEX" || text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    let brand = |text: &str| (2..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match parts[..] {
        [id] => hex(id, 32) || hex(id, 24),
        [place, id] => region(place) && hex(id, 32),
        [maker, place, id] => brand(maker) && region(place) && hex(id, 32),
        _ => false,
    }
}

//! Meizu's push service (Flyme).
//!
//! Path: `POST /meizu/garcia/api/server/push/varnished/pushByPushId`. An address for receipts must be registered, as at
//! Meizu.
//!
//! Stricter than Meizu in four points. Unknown and misplaced fields are refused, not ignored. Characters are counted in
//! UTF-16 units, because Meizu does not say how it counts. Custom data must be strings. A tap action that is left to
//! the app is refused.

pub mod account;
mod answer;
mod auth;
mod check;
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

pub const NAME: &str = "meizu";

const SEND: &str = "/garcia/api/server/push/varnished/pushByPushId";

/// What Meizu knows about an app.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeizuCredential {
    pub app_id: String,
    pub app_secret: String,
    /// Packages of the app. `restrictedPackageNames` may name no other.
    #[serde(default)]
    pub package_names: Vec<String>,
    /// True if the app is on Meizu's blacklist.
    #[serde(default)]
    pub blacklisted: bool,
    /// The right to restricted features.
    #[serde(default)]
    pub vip: bool,
    /// Addresses for receipts that are registered in the console.
    #[serde(default)]
    pub receipt_urls: Vec<String>,
    /// Only one source names the number.
    #[serde(default = "usual_rate")]
    pub requests_per_second: usize,
    /// Maximum messages to one phone; more are folded.
    #[serde(default = "usual_fold")]
    pub messages_per_minute: usize,
    /// Maximum public messages to one phone.
    #[serde(default = "usual_public")]
    pub public_per_day: usize,
}

fn usual_rate() -> usize {
    200
}

fn usual_fold() -> usize {
    5
}

fn usual_public() -> usize {
    3
}

pub struct Meizu;

impl VendorSimulator for Meizu {
    fn name(&self) -> &'static str {
        NAME
    }

    fn endpoint(&self, request: &Request) -> Endpoint {
        if request.path == SEND { Endpoint::Send } else { Endpoint::Unknown }
    }

    fn targets(&self, request: &Request) -> Vec<String> {
        let form = request.form().unwrap_or_default();
        let tokens = form.get("pushIds").unwrap_or_default().split(',');
        tokens.filter(|token| !token.is_empty()).map(str::to_owned).collect()
    }

    fn judge(&self, request: &Request, scene: &Scene<'_>) -> Judgement {
        match (self.endpoint(request), request.form()) {
            (Endpoint::Unknown | Endpoint::Token | Endpoint::Revoke, _) => {
                Judgement::refused(Answer::html(404, "Not Found"), "no such path")
            }
            _ if request.method != "POST" => {
                Judgement::refused(Answer::html(405, "Method Not Allowed"), "method must be POST")
            }
            (Endpoint::Send, None) => Judgement::refused(Answer::html(400, "Bad Request"), "the body must be a form"),
            (Endpoint::Send, Some(form)) => send::send(&form, scene),
        }
    }

    fn coded(&self, _: Endpoint, code: &str) -> Answer {
        answer::coded(code)
    }

    fn report(&self, notice: &Notice, event: ReceiptEvent, _at_ms: u64, secret: &str) -> Option<Report> {
        receipt::report(notice, event, secret)
    }

    fn credential_id(&self, record: &Value) -> Result<String, String> {
        let credential = MeizuCredential::deserialize(record).map_err(|error| error.to_string())?;
        if auth::is_app_id(&credential.app_id) {
            Ok(credential.app_id)
        } else {
            Err("app_id must be 1 to 64 digits".to_owned())
        }
    }
}

/// Returns a fresh pushId in Meizu's form.
pub fn device_token() -> String {
    device_token_of(&digits(26))
}

/// Returns a pushId that is derived from letters and digits.
pub fn device_token_of(text: &str) -> String {
    format!("RA50c63480363444{text}a6b")
}

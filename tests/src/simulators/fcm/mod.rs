//! Google FCM HTTP v1, and the part of Google's OAuth server that it needs.
//!
//! Paths: `POST /fcm/token` (on the real host `oauth2.googleapis.com/token`) and
//! `POST /fcm/v1/projects/{project}/messages:send`.
//!
//! Stricter than Google in two points: a JWT must name its key (`kid`), and enumeration values must
//! be written as the reference writes them.

pub mod account;
mod answer;
mod auth;
mod check;
pub mod scripts;
mod send;
mod shape;
mod spec;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::engine::jwt::PublicKey;
use super::engine::{Answer, Endpoint, Judgement, Request, Scene, VendorSimulator, opaque};

pub use spec::SIMULATOR;

pub const NAME: &str = "fcm";

/// What Google knows about a service account and its project.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FcmCredential {
    pub project_id: String,
    /// The project's other name, which a path may use too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_number: Option<String>,
    pub client_email: String,
    pub private_key_id: String,
    /// RSA public key, base64 of its DER.
    pub public_key: String,
    /// Package of the project's app. `restricted_package_name` must equal it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package_name: Option<String>,
    /// False if the messaging API is not enabled, or the account lacks the permission.
    #[serde(default = "yes")]
    pub may_send: bool,
}

fn yes() -> bool {
    true
}

pub struct Fcm;

impl VendorSimulator for Fcm {
    fn name(&self) -> &'static str {
        NAME
    }

    fn endpoint(&self, request: &Request) -> Endpoint {
        match request.path.as_str() {
            "/token" => Endpoint::Token,
            path if project(path).is_some() => Endpoint::Send,
            _ => Endpoint::Unknown,
        }
    }

    fn targets(&self, request: &Request) -> Vec<String> {
        let body = request.json().unwrap_or_default();
        let target = ["token", "fid"].iter().find_map(|name| body["message"][name].as_str());
        target.map(str::to_owned).into_iter().collect()
    }

    fn judge(&self, request: &Request, scene: &Scene<'_>) -> Judgement {
        match (self.endpoint(request), request.method.as_str()) {
            (Endpoint::Token, "POST") => auth::exchange(request, scene),
            (Endpoint::Send, "POST") => send::send(request, project(&request.path).unwrap_or_default(), scene),
            _ => Judgement::refused(Answer::html(404, "Not Found"), "no such path"),
        }
    }

    fn coded(&self, endpoint: Endpoint, code: &str) -> Answer {
        match endpoint {
            Endpoint::Token => answer::oauth(code, "Scripted."),
            Endpoint::Send | Endpoint::Revoke | Endpoint::Unknown => answer::coded(code),
        }
    }

    fn credential_id(&self, record: &Value) -> Result<String, String> {
        let credential = FcmCredential::deserialize(record).map_err(|error| error.to_string())?;
        PublicKey::from_base64(&credential.public_key).ok_or("public_key is no base64 of an RSA key in DER")?;
        Ok(credential.client_email)
    }

    /// Returns 3599: Google rounds the hour down.
    fn token_lifetime_seconds(&self) -> u64 {
        3599
    }
}

/// Returns a fresh registration token in the form that Google issues.
pub fn device_token() -> String {
    format!("{}:APA91b{}", opaque(16), opaque(100))
}

/// Returns a registration token that is derived from letters and digits.
pub fn device_token_of(text: &str) -> String {
    format!("{text}:APA91b{text}")
}

fn project(path: &str) -> Option<&str> {
    let project = path.strip_prefix("/v1/projects/")?.strip_suffix("/messages:send")?;
    (!project.is_empty() && !project.contains('/')).then_some(project)
}

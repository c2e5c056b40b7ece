//! Checks the signed request for an access token: <https://open.oppomobile.com/documentation/page/info?id=11235>.

use ring::digest::{SHA256, digest};

use super::{OppoCredential, answer};
use crate::simulators::engine::form::Form;
use crate::simulators::engine::{Credential, Issued, Judgement, Request, Scene, digits};

const TEN_MINUTES_MS: u64 = 600_000;

/// The code and the fault.
type Refusal = (i64, &'static str);

pub fn exchange(request: &Request, scene: &Scene<'_>) -> Judgement {
    // A body that is no form has no fields.
    let form = request.form().unwrap_or_default();
    match app(&form, scene) {
        Ok(credential) => issue(credential, scene),
        Err((code, why)) => Judgement::refused(answer::coded(code), format!("{code}: {why}")),
    }
}

fn issue(credential: &Credential, scene: &Scene<'_>) -> Judgement {
    let value = digits(24);
    let answer = answer::access_token(&value, scene.now_ms());
    let issued =
        Issued { value, credential: credential.id.clone(), lifetime_seconds: credential.token_lifetime_seconds };
    Judgement { issued: Some(issued), ..Judgement::answered(answer) }
}

fn app<'a>(form: &Form, scene: &'a Scene<'_>) -> Result<&'a Credential, Refusal> {
    let key = form.get("app_key").ok_or((15, "app_key is missing"))?;
    let (found, known) =
        scene.credential(|known: &OppoCredential| known.app_key == key).ok_or((14, "app_key is unknown"))?;
    let timestamp = form.get("timestamp").ok_or((18, "timestamp is missing"))?;
    let is_recent = |millis: u64| scene.now_ms().abs_diff(millis) <= TEN_MINUTES_MS;
    if timestamp.len() != 13 || !timestamp.parse().is_ok_and(is_recent) {
        return Err((19, "timestamp must be the time in milliseconds, ten minutes off at most"));
    }
    let sign = form.get("sign").ok_or((17, "sign is missing"))?;
    if sign != signature(key, timestamp, &known.master_secret) {
        return Err((16, "sign must be the SHA-256 of app_key, timestamp and master secret in small letters"));
    }
    if known.enabled { Ok(found) } else { Err((28, "the app is disabled")) }
}

pub fn signature(key: &str, timestamp: &str, secret: &str) -> String {
    let hash = digest(&SHA256, format!("{key}{timestamp}{secret}").as_bytes());
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

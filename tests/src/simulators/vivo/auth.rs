//! Issues access tokens for signed requests.

use md5::{Digest as _, Md5};
use serde_json::Value;

use super::{Refusal, VivoCredential, answer, refusal};
use crate::simulators::engine::{Issued, Judgement, Scene, opaque};

const TEN_MINUTES_MS: u64 = 600_000;

pub fn exchange(body: &Value, scene: &Scene<'_>) -> Result<Judgement, Refusal> {
    let id = body["appId"].as_u64().ok_or_else(|| refusal("10200", "appId is missing"))?;
    let text = |name: &str, code: &'static str| {
        body[name].as_str().filter(|text| !text.is_empty()).ok_or_else(|| refusal(code, format!("{name} is missing")))
    };
    let key = text("appKey", "10201")?;
    let time = body["timestamp"].as_u64().ok_or_else(|| refusal("10203", "timestamp is missing"))?;
    let sign = text("sign", "10204")?;
    let (credential, app) = scene
        .credential(|known: &VivoCredential| known.app_id == id)
        .ok_or_else(|| refusal("10205", "the app does not exist"))?;
    if app.app_key != key {
        return Err(refusal("10202", "appKey is wrong"));
    }
    if scene.now_ms().abs_diff(time) > TEN_MINUTES_MS {
        return Err(refusal("10207", "timestamp is more than ten minutes off"));
    }
    if sign != signature(&app, time) {
        return Err(refusal("10206", "sign is wrong"));
    }
    if scene.issued_within(&credential.id, 1000) >= app.tokens_per_second {
        return Err(refusal("10093", "too many access tokens in a second"));
    }
    let value = opaque(24);
    let answer = answer::token(&value);
    let issued =
        Issued { value, credential: credential.id.clone(), lifetime_seconds: credential.token_lifetime_seconds };
    Ok(Judgement { issued: Some(issued), ..Judgement::answered(answer) })
}

/// Returns the signature: the MD5 of all parts in a row, in lower-case hexadecimal.
pub fn signature(app: &VivoCredential, time_ms: u64) -> String {
    let signed = format!("{}{}{time_ms}{}", app.app_id, app.app_key, app.app_secret);
    Md5::digest(signed.trim()).iter().map(|byte| format!("{byte:02x}")).collect()
}

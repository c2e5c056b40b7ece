//! Sends one message to one phone: `message/send`.

use serde_json::{Value, json};

use super::check::{self, require};
use super::{Refusal, VivoCredential, answer, is_device_token};
use crate::simulators::engine::{DeliveryKind, Judgement, Notice, Scene, TokenState, digits};

/// Minimum time to live of a message to one phone, in seconds.
const MIN_TTL: i64 = 60;
/// The state of a phone that is not of this app.
const UNKNOWN: u64 = 1;
/// The state of a phone from which the app or its data was removed.
const GONE: u64 = 2;
/// The state of a phone that is not registered for test messages.
const NO_TEST_DEVICE: u64 = 4;

pub fn send(body: &Value, app: &VivoCredential, scene: &Scene<'_>) -> Result<Judgement, Refusal> {
    let token = body["regId"].as_str().unwrap_or_default();
    let alias = body["alias"].as_str().unwrap_or_default();
    require(!token.is_empty() || !alias.is_empty(), "10050", "neither regId nor alias")?;
    check::message(body, app, MIN_TTL)?;
    if token.is_empty() {
        // No user here has an alias.
        return Err(super::refusal("10307", "no such alias"));
    }
    let answer = match status(token, body, app, scene) {
        Ok(None) => {
            let task_id = digits(19);
            let answer = answer::taken(&task_id);
            return Ok(Judgement { notices: vec![notice(body, token, &task_id)], ..Judgement::answered(answer) });
        }
        Ok(Some(status)) => answer::invalid_user(token, status),
        Err(code) => answer::coded(&code),
    };
    Ok(Judgement::answered(answer))
}

/// Returns why a phone is not reached. `Err` is a scripted code that is no state of a phone.
pub fn status(token: &str, message: &Value, app: &VivoCredential, scene: &Scene<'_>) -> Result<Option<u64>, String> {
    let id = app.app_id.to_string();
    let status = match scene.token_state(token, &[&id]) {
        TokenState::Scripted(code) => return code.parse().ok().filter(|status| *status < 10).map(Some).ok_or(code),
        TokenState::Unregistered => Some(GONE),
        TokenState::Foreign => Some(UNKNOWN),
        TokenState::Unknown if !is_device_token(token) => Some(UNKNOWN),
        TokenState::Unknown | TokenState::Live => None,
    };
    let tested = || app.test_devices.iter().any(|device| device == token);
    Ok(status.or_else(|| (message["pushMode"] == 1 && !tested()).then_some(NO_TEST_DEVICE)))
}

/// Returns the notice for the phone.
pub fn notice(message: &Value, token: &str, task_id: &str) -> Notice {
    let text = |name: &str| message[name].as_str().map(str::to_owned);
    Notice {
        token: token.to_owned(),
        kind: DeliveryKind::Notification,
        message_id: task_id.to_owned(),
        title: text("title"),
        body: text("content"),
        data: message["clientCustomMap"].clone(),
        replace_ids: message["notifyId"].as_i64().map(|id| format!("notifyId:{id}")).into_iter().collect(),
        category: text("category"),
        detail: json!({
            "notifyType": message["notifyType"],
            "timeToLive": message["timeToLive"],
            "skipType": message["skipType"],
            "skipContent": message["skipContent"],
            "classification": message["classification"],
            "foregroundShow": message["foregroundShow"],
            "addBadge": message["addBadge"],
            "extra": message["extra"],
        }),
    }
}

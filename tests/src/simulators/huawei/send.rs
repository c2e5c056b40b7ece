//! Sends one payload to up to 1000 tokens: `messages:send`.

use serde_json::{Map, Value, json};

use super::{HuaweiCredential, answer, check};
use crate::simulators::engine::{Access, DeliveryKind, Judgement, Notice, Request, Scene, TokenState};

/// The result of a token that is unregistered, malformed or of another app.
const ILLEGAL: &str = "illegal";

/// The app or project in the path.
#[derive(Clone, Copy, Debug)]
pub enum Sender<'a> {
    App(&'a str),
    Project(&'a str),
}

pub fn send(request: &Request, sender: Sender<'_>, scene: &Scene<'_>) -> Judgement {
    let app = match authenticate(request, sender, scene) {
        Ok(app) => app,
        Err((code, why)) => return Judgement::refused(answer::coded(code), why),
    };
    if !app.may_send {
        return Judgement::refused(answer::coded("80300002"), "push is not enabled for the app");
    }
    if request.media_type() != "application/json" {
        let (code, why) = check::illegal("Content-Type must be application/json");
        return Judgement::refused(answer::coded_with(code, &why), why);
    }
    match check::request(&request.body, &app) {
        Ok(body) => deliver(&body, &app, scene),
        Err((code, why)) => Judgement::refused(answer::coded_with(code, &why), format!("{code}: {why}")),
    }
}

/// Returns the app that calls. Huawei answers one code to a missing header, a token of another app or project, and the
/// wrong interface.
pub fn authenticate(
    request: &Request,
    sender: Sender<'_>,
    scene: &Scene<'_>,
) -> Result<HuaweiCredential, (&'static str, &'static str)> {
    let bearer = request.bearer().ok_or(("80200001", "no access token"))?;
    let client = match scene.access(bearer) {
        Access::Valid(token) => token.credential.clone(),
        Access::Expired(_) => return Err(("80200003", "the access token is expired")),
        Access::Unknown => return Err(("80200001", "the access token is unknown")),
    };
    let (_, app) = scene
        .credential(|known: &HuaweiCredential| known.client_id == client)
        .ok_or(("80200001", "the client was removed"))?;
    let own = match sender {
        Sender::App(id) => app.app_id == id,
        Sender::Project(id) => app.project_id.as_deref() == Some(id),
    };
    if own { Ok(app) } else { Err(("80200001", "the access token belongs to another app or project")) }
}

fn deliver(body: &Value, app: &HuaweiCredential, scene: &Scene<'_>) -> Judgement {
    let message = &body["message"];
    let tokens: Vec<&str> = message["token"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if tokens.is_empty() {
        // A topic. No phone here has subscribed.
        return Judgement::answered(answer::coded("80000000"));
    }
    let verdicts: Vec<Option<String>> = tokens.iter().map(|token| verdict(token, app, scene)).collect();
    // A scripted code that is no result of a token is the result of the whole call.
    if let Some(code) = verdicts.iter().flatten().find(|code| *code != ILLEGAL) {
        return Judgement::answered(answer::coded(code));
    }
    let (accepted, illegal): (Vec<_>, Vec<_>) =
        tokens.iter().copied().zip(&verdicts).partition(|(_, verdict)| verdict.is_none());
    let illegal: Vec<&str> = illegal.into_iter().map(|(token, _)| token).collect();
    let answer = match (accepted.len(), illegal.len()) {
        (_, 0) => answer::coded("80000000"),
        (0, _) => answer::coded("80300007"),
        (accepted, _) => answer::partial(accepted, &illegal),
    };
    let notices = match body["validate_only"] == true {
        true => Vec::new(),
        false => accepted.iter().map(|(token, _)| notice(message, token, app, &answer.body)).collect(),
    };
    Judgement { notices, ..Judgement::answered(answer) }
}

fn verdict(token: &str, app: &HuaweiCredential, scene: &Scene<'_>) -> Option<String> {
    // A project may have several apps. Its address reaches the devices of all of them.
    let senders = [app.app_id.as_str(), app.project_id.as_deref().unwrap_or_default()];
    match scene.token_state(token, &senders) {
        TokenState::Scripted(code) => Some(code),
        TokenState::Unregistered | TokenState::Foreign => Some(ILLEGAL.to_owned()),
        TokenState::Unknown if !is_well_formed(token) => Some(ILLEGAL.to_owned()),
        TokenState::Unknown | TokenState::Live => None,
    }
}

/// Returns whether a token has the usual form, and not that of HarmonyOS 5. Published tokens of HarmonyOS 5 all begin
/// with `MA`. Real tokens are opaque.
fn is_well_formed(token: &str) -> bool {
    let letters = token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    (20..=512).contains(&token.len()) && letters && !token.starts_with("MA")
}

fn notice(message: &Value, token: &str, app: &HuaweiCredential, answer: &str) -> Notice {
    let android = &message["android"];
    let parts = [message["notification"].as_object(), android["notification"].as_object()];
    let kind = if parts.iter().any(Option::is_some) { DeliveryKind::Notification } else { DeliveryKind::Data };
    let shown: Map<String, Value> = parts.into_iter().flatten().flat_map(|part| part.clone()).collect();
    let text = |name: &str| shown.get(name).and_then(Value::as_str).map(str::to_owned);
    let tag = text("tag").map(|tag| format!("tag:{tag}"));
    // With -1 the phone chooses the id.
    let notify_id =
        shown.get("notify_id").and_then(Value::as_i64).filter(|id| *id != -1).map(|id| format!("notify_id:{id}"));
    let request_id =
        serde_json::from_str::<Value>(answer).unwrap_or_default()["requestId"].as_str().unwrap_or_default().to_owned();
    Notice {
        token: token.to_owned(),
        kind,
        message_id: request_id,
        title: text("title"),
        body: text("body"),
        data: [&android["data"], &message["data"]]
            .into_iter()
            .find(|data| data.is_string())
            .cloned()
            .unwrap_or_default(),
        replace_ids: tag.into_iter().chain(notify_id).collect(),
        category: category(android, app),
        detail: json!({
            "notification": shown,
            "urgency": android["urgency"],
            "ttl": android["ttl"],
            "collapse_key": android["collapse_key"],
            "bi_tag": android["bi_tag"],
            "receipt_id": android["receipt_id"],
            "target_user_type": android["target_user_type"],
        }),
    }
}

/// Returns the category. Without the right to it, a message is sent as marketing, which has a limit for each device.
fn category(android: &Value, app: &HuaweiCredential) -> Option<String> {
    let claimed = android["category"].as_str()?;
    let granted = app.granted_categories.iter().any(|category| category == claimed);
    Some(if granted { claimed } else { "MARKETING" }.to_owned())
}

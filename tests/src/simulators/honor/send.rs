//! Sends one payload to many tokens: `sendMessage`.

use serde_json::{Map, Value, json};

use super::{HonorCredential, answer, check, scripts};
use crate::simulators::engine::{Access, DeliveryKind, Judgement, Notice, Request, Scene, TokenState};

pub fn send(request: &Request, app_id: &str, scene: &Scene<'_>) -> Judgement {
    let app = match authenticate(request, app_id, scene) {
        Ok(app) => app,
        Err((code, why)) => return Judgement::refused(answer::coded(code), why),
    };
    let read = check::timestamp(request, scene.now_ms(), &app).and_then(|()| {
        check::require(request.media_type() == "application/json", "Content-Type must be application/json")?;
        check::request(&request.body, &app)
    });
    match read {
        Ok(body) => deliver(&body, &app, scene),
        Err((code, why)) => Judgement::refused(answer::coded_with(code, &why), format!("{code}: {why}")),
    }
}

/// Returns the app that calls.
fn authenticate(
    request: &Request,
    app_id: &str,
    scene: &Scene<'_>,
) -> Result<HonorCredential, (&'static str, &'static str)> {
    let bearer = request.bearer().ok_or(("401", "no access token"))?;
    let client = match scene.access(bearer) {
        Access::Valid(token) => token.credential.clone(),
        Access::Expired(_) => return Err(("401", "the access token is expired")),
        Access::Unknown => return Err(("401", "the access token is unknown")),
    };
    let (_, app) = scene
        .credential(|known: &HonorCredential| known.client_id == client)
        .ok_or(("401", "the client was removed"))?;
    if app.app_id != app_id {
        return Err(("403", "the access token belongs to another app"));
    }
    if app.may_send { Ok(app) } else { Err(("403", "push is not enabled for the app")) }
}

fn deliver(body: &Value, app: &HonorCredential, scene: &Scene<'_>) -> Judgement {
    let tokens: Vec<&str> = body["token"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let verdicts: Vec<Option<String>> = tokens.iter().map(|token| verdict(token, app, scene)).collect();
    // A scripted code that is no result of a token is the result of the whole call.
    let of_a_token = |code: &&String| [scripts::EXPIRED, scripts::FAILED].contains(&code.as_str());
    if let Some(code) = verdicts.iter().flatten().find(|code| !of_a_token(code)) {
        return Judgement::answered(answer::coded(code));
    }
    let of = |wanted: Option<&str>| {
        let pairs = tokens.iter().zip(&verdicts).filter(|(_, verdict)| verdict.as_deref() == wanted);
        pairs.map(|(token, _)| *token).collect::<Vec<&str>>()
    };
    let accepted = of(None);
    let answer = answer::result(accepted.len(), &of(Some(scripts::FAILED)), &of(Some(scripts::EXPIRED)));
    let id = request_id(&answer.body);
    let notices = accepted.iter().map(|token| notice(body, token, app, &id)).collect();
    Judgement { notices, ..Judgement::answered(answer) }
}

/// Returns the list that names a failed token. Honor does not publish which list names a token of another app.
fn verdict(token: &str, app: &HonorCredential, scene: &Scene<'_>) -> Option<String> {
    match scene.token_state(token, &[&app.app_id]) {
        TokenState::Scripted(code) => Some(code),
        TokenState::Unregistered => Some(scripts::EXPIRED.to_owned()),
        TokenState::Foreign => Some(scripts::FAILED.to_owned()),
        TokenState::Unknown if !is_well_formed(token) => Some(scripts::FAILED.to_owned()),
        TokenState::Unknown | TokenState::Live => None,
    }
}

/// Returns whether a token has the usual form. Real tokens are opaque.
fn is_well_formed(token: &str) -> bool {
    let letters = token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    (16..=512).contains(&token.len()) && letters
}

fn request_id(answer: &str) -> String {
    let answer = serde_json::from_str::<Value>(answer).unwrap_or_default();
    answer["data"]["requestId"].as_str().unwrap_or_default().to_owned()
}

fn notice(body: &Value, token: &str, app: &HonorCredential, request_id: &str) -> Notice {
    let android = &body["android"];
    let parts = [body["notification"].as_object(), android["notification"].as_object()];
    let kind = if parts.iter().any(Option::is_some) { DeliveryKind::Notification } else { DeliveryKind::Data };
    let shown: Map<String, Value> = parts.into_iter().flatten().flat_map(|part| part.clone()).collect();
    let text = |name: &str| shown.get(name).and_then(Value::as_str).map(str::to_owned);
    let tag = text("tag").map(|tag| format!("tag:{tag}"));
    // With -1 the phone chooses the id.
    let notify_id =
        shown.get("notifyId").and_then(Value::as_i64).filter(|id| *id != -1).map(|id| format!("notify_id:{id}"));
    Notice {
        token: token.to_owned(),
        kind,
        message_id: request_id.to_owned(),
        title: text("title"),
        body: text("body"),
        data: [&android["data"], &body["data"]].into_iter().find(|data| data.is_string()).cloned().unwrap_or_default(),
        replace_ids: tag.into_iter().chain(notify_id).collect(),
        category: (kind == DeliveryKind::Notification).then(|| importance(&shown, app)),
        detail: json!({
            "notification": shown,
            "ttl": android["ttl"],
            "biTag": android["biTag"],
            "targetUserType": android["targetUserType"],
        }),
    }
}

/// Returns the importance. Without the right to service messages, every notification is marketing.
fn importance(shown: &Map<String, Value>, app: &HonorCredential) -> String {
    let claimed = shown.get("importance").and_then(Value::as_str).unwrap_or("LOW");
    if app.service_right { claimed } else { "LOW" }.to_owned()
}

//! Removes notifications: `messages:revoke`.
//!
//! Source: <https://developer.huawei.com/consumer/cn/doc/harmonyos-references/push-msg-revoke>. No page describes the call for
//! Android any more; here it is the same, without `push-type`.

use serde_json::Value;

use super::check::{MAX_TOKENS, Refusal, illegal};
use super::send::{self, Sender};
use super::{HuaweiCredential, answer, harmony};
use crate::simulators::engine::jwt::Jwt;
use crate::simulators::engine::{Judgement, Removal, Request, Scene, TokenState};

/// Returns the client or the app in a path.
pub fn id(path: &str) -> Option<&str> {
    let id = path.strip_prefix("/v1/")?.strip_suffix("/messages:revoke")?;
    (!id.is_empty() && !id.contains('/')).then_some(id)
}

/// Returns the tokens that a body names.
pub fn tokens(body: &Value) -> impl Iterator<Item = &str> {
    body["token"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

pub fn revoke(request: &Request, scene: &Scene<'_>) -> Judgement {
    attempt(request, id(&request.path).unwrap_or_default(), scene)
        .unwrap_or_else(|(code, why)| Judgement::refused(answer::coded_with(code, &why), format!("{code}: {why}")))
}

fn attempt(request: &Request, id: &str, scene: &Scene<'_>) -> Result<Judgement, Refusal> {
    let own = |(code, why): (&'static str, &'static str)| (code, why.to_owned());
    let (senders, name) = if request.bearer().is_some_and(|bearer| Jwt::parse(bearer).is_some()) {
        let account = harmony::auth::signer(request, scene).map_err(own)?;
        if account.client_id.as_deref() != Some(id) {
            return Err(("80300002", "the id in the path is not the app's client".to_owned()));
        }
        if request.header("push-type") != Some("0") {
            return Err(illegal("The header does not contain valid push-type"));
        }
        (vec![account.project_id], "notifyId")
    } else {
        let app: HuaweiCredential = send::authenticate(request, Sender::App(id), scene).map_err(own)?;
        (vec![app.app_id, app.project_id.unwrap_or_default()], "notify_id")
    };
    let body = read(request)?;
    remove(&body, name, &senders.iter().map(String::as_str).collect::<Vec<_>>(), scene)
}

fn read(request: &Request) -> Result<Value, Refusal> {
    if request.media_type() != "application/json" {
        return Err(illegal("Content-Type must be application/json"));
    }
    let body = request.json().map_err(|error| illegal(format_args!("the body is no JSON: {error}")))?;
    let fields = body.as_object().ok_or_else(|| illegal("the body is no object"))?;
    if let Some(name) = fields.keys().find(|name| !["notifyId", "token"].contains(&name.as_str())) {
        return Err(illegal(format_args!("unknown field {name}")));
    }
    if body["notifyId"].as_i64().is_none() || body["token"].as_array().is_none() {
        return Err(("80300032", "No permission to revoke messages.".to_owned()));
    }
    match tokens(&body).count() {
        count if (1..=MAX_TOKENS).contains(&count) => Ok(body),
        _ => Err(("80300010", format!("token count should within 1 and {MAX_TOKENS}."))),
    }
}

/// Removes the notification from the app's own phones. Huawei does not say whether a phone showed it.
fn remove(body: &Value, name: &str, senders: &[&str], scene: &Scene<'_>) -> Result<Judgement, Refusal> {
    let mut own = Vec::new();
    for token in tokens(body) {
        match scene.token_state(token, senders) {
            TokenState::Scripted(code) => return Ok(Judgement::answered(answer::coded(&code))),
            TokenState::Foreign => return Err(("80300028", "Token app mismatch with specify app.".to_owned())),
            TokenState::Unregistered => {}
            TokenState::Unknown | TokenState::Live => own.push(token),
        }
    }
    if own.is_empty() {
        return Ok(Judgement::answered(answer::coded("80300007")));
    }
    let replace_id = format!("{name}:{}", body["notifyId"]);
    let removal = |token: &str| Removal { token: token.to_owned(), replace_id: replace_id.clone() };
    let removals = own.into_iter().map(removal).collect();
    Ok(Judgement { removals, ..Judgement::answered(answer::coded("80000000")) })
}

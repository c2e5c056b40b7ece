//! Sends one notification to up to 1000 tokens: `messages:send` of v3.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{HarmonyCredential, auth, check};
use crate::simulators::engine::{DeliveryKind, Judgement, Notice, Request, Scene, TokenState};
use crate::simulators::huawei::{answer, check::illegal};

/// For this time a phone drops a message whose `appMessageId` it had before.
const REMEMBERED_MS: u64 = 86_400_000;

pub fn send(request: &Request, project: &str, scene: &Scene<'_>) -> Judgement {
    let account = match auth::account(request, project, scene) {
        Ok(account) => account,
        Err((code, why)) => return Judgement::refused(answer::coded(code), why),
    };
    if !account.may_send {
        return Judgement::refused(answer::coded("80300002"), "push is not enabled for the app");
    }
    match read(request) {
        Ok((push_type, body)) => deliver(push_type, &body, &account, scene),
        Err((code, why)) => Judgement::refused(answer::coded_with(code, &why), format!("{code}: {why}")),
    }
}

fn read(request: &Request) -> Result<(&str, Value), (&'static str, String)> {
    if request.media_type() != "application/json" {
        return Err(illegal("Content-Type must be application/json"));
    }
    Ok((check::push_type(request)?, check::request(&request.body)?))
}

fn deliver(push_type: &str, body: &Value, account: &HarmonyCredential, scene: &Scene<'_>) -> Judgement {
    let tokens: Vec<&str> =
        body["target"]["token"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let (mut accepted, mut failed) = (Vec::new(), BTreeMap::<String, Vec<&str>>::new());
    for token in tokens {
        match reason(token, push_type, account, scene) {
            None => accepted.push(token),
            Some(reason) => failed.entry(reason).or_default().push(token),
        }
    }
    // A scripted code is the result of the whole call.
    if let Some(code) = failed.keys().find(|reason| reason.bytes().all(|byte| byte.is_ascii_digit())) {
        return Judgement::answered(answer::coded(code));
    }
    let answer = if failed.is_empty() { answer::coded("80000000") } else { answer::named(accepted.len(), &failed) };
    let new = accepted.into_iter().filter(|token| !is_known(body, token, scene));
    let notices = new.map(|token| notice(body, token, account, &answer.body)).collect();
    Judgement { notices, ..Judgement::answered(answer) }
}

/// Returns why a token fails. Huawei's list has no reason for an unregistered token.
fn reason(token: &str, push_type: &str, account: &HarmonyCredential, scene: &Scene<'_>) -> Option<String> {
    let reason = match scene.token_state(token, &[&account.project_id]) {
        TokenState::Scripted(reason) => return Some(reason),
        _ if account.punished => "disableSendHuaweiMsgBecauseOfPenalty",
        _ if push_type != "0" => "noPushTypeRight",
        TokenState::Unregistered | TokenState::Foreign => "noRight",
        TokenState::Unknown if !is_token(token) => "tokenFormatError",
        // A token of Android. Published tokens of HarmonyOS 5 all begin with these letters.
        TokenState::Unknown if !token.starts_with("MA") => "noRight",
        TokenState::Unknown | TokenState::Live => return None,
    };
    Some(reason.to_owned())
}

fn is_token(token: &str) -> bool {
    (20..=512).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn is_known(body: &Value, token: &str, scene: &Scene<'_>) -> bool {
    let id = &body["payload"]["notification"]["appMessageId"];
    let mut recent = scene.deliveries_within(REMEMBERED_MS);
    id.is_string()
        && recent.any(|had| had.notice.token == token && had.notice.detail["notification"]["appMessageId"] == *id)
}

fn notice(body: &Value, token: &str, account: &HarmonyCredential, answer: &str) -> Notice {
    let shown = &body["payload"]["notification"];
    let text = |name: &str| shown[name].as_str().map(str::to_owned);
    let answer: Value = serde_json::from_str(answer).unwrap_or_default();
    let category = text("category").filter(|claimed| account.granted_categories.contains(claimed));
    Notice {
        token: token.to_owned(),
        kind: DeliveryKind::Notification,
        message_id: answer["requestId"].as_str().unwrap_or_default().to_owned(),
        title: text("title"),
        body: text("body"),
        data: shown["clickAction"]["data"].clone(),
        replace_ids: shown["notifyId"].as_i64().map(|id| format!("notifyId:{id}")).into_iter().collect(),
        category: category.or_else(|| Some("MARKETING".to_owned())),
        detail: json!({"notification": shown, "pushOptions": body["pushOptions"]}),
    }
}

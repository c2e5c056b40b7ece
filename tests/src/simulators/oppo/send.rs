//! Sends messages with a device token and a notification each: `unicast` and `unicast_batch`.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::notification::PUBLIC;
use super::{OppoCredential, Way, answer, check, is_well_formed};
use crate::simulators::engine::form::Form;
use crate::simulators::engine::{Access, DeliveryKind, Judgement, Notice, Request, Scene, TokenState};

const SECOND_MS: u64 = 1000;
const DAY_MS: u64 = 86_400_000;
/// The offset of China's time. Days begin at midnight there.
const CHINA_MS: u64 = 8 * 3_600_000;

const INVALID_TOKEN: i64 = 10_000;
const REPEATED_TOKEN: i64 = 10_004;
const REPEATED_MESSAGE: i64 = 32;
const DAILY_LIMIT: i64 = 33;

pub fn send(request: &Request, way: Way, scene: &Scene<'_>) -> Judgement {
    // A body that is no form has no fields.
    let form = request.form().unwrap_or_default();
    let refused =
        |(code, why): (i64, String)| Judgement::refused(answer::coded_with(code, &why), format!("{code}: {why}"));
    let app = match authenticate(request, &form, scene) {
        Ok(app) => app,
        Err((code, why)) => return refused((code, why.to_owned())),
    };
    let messages = match check::messages(&form, way, &app) {
        Ok(messages) => messages,
        Err(refusal) => return refused(refusal),
    };
    if scene.targets_within(SECOND_MS) + messages.len() > app.users_per_second {
        return Judgement::answered(answer::coded(app.rate_code));
    }
    deliver(&messages, way, &app, scene)
}

/// Returns the app that an access token was issued for.
fn authenticate(request: &Request, form: &Form, scene: &Scene<'_>) -> Result<OppoCredential, (i64, &'static str)> {
    let header = request.header("auth_token");
    let token = form.get("auth_token").or(header).ok_or((29, "auth_token is missing"))?;
    let id = match scene.access(token) {
        Access::Valid(token) => &token.credential,
        Access::Expired(_) => return Err((11, "the access token has expired")),
        Access::Unknown => return Err((11, "the access token is unknown")),
    };
    let known = scene.credential(|known: &OppoCredential| known.app_key == *id);
    let (_, app) = known.ok_or((14, "the app was removed"))?;
    match app {
        app if !app.enabled => Err((28, "the app is disabled")),
        app if form.get("auth_token").is_none() && !app.token_in_header => Err((29, "auth_token is missing")),
        app => Ok(app),
    }
}

/// The result of one message: an id, and an error code if it failed.
struct TokenResult<'a> {
    message: &'a Value,
    token: &'a str,
    id: String,
    code: Option<i64>,
    /// whether the message reaches the phone
    shown: bool,
}

fn deliver(messages: &[Value], way: Way, app: &OppoCredential, scene: &Scene<'_>) -> Judgement {
    let today = (scene.now_ms() + CHINA_MS) / DAY_MS * DAY_MS - CHINA_MS;
    let public = |category: Option<&str>| category.is_none_or(|category| PUBLIC.contains(&category));
    let any_public = messages.iter().any(|message| public(message["notification"]["category"].as_str()));
    let mut sent_today = match any_public {
        true => scene.deliveries_since(today).filter(|sent| public(sent.notice.category.as_deref())).count(),
        false => 0,
    };
    let mut named = HashSet::new();
    let mut fated = Vec::with_capacity(messages.len());
    for message in messages {
        let token = message["target_value"].as_str().unwrap_or_default();
        let repeated = !named.insert(token);
        let mut one = token_result(message, token, app, scene);
        if repeated {
            (one.code, one.shown) = (Some(REPEATED_TOKEN), false);
        }
        if one.shown && public(message["notification"]["category"].as_str()) {
            sent_today += 1;
            if sent_today > app.public_per_day {
                (one.code, one.shown) = (Some(DAILY_LIMIT), false);
            }
        }
        fated.push(one);
    }
    let notices = fated.iter().filter(|one| one.shown).map(notice).collect();
    let answer = match (way, &fated[..]) {
        (Way::Single, [one]) => one.code.map_or_else(|| answer::taken(&one.id), answer::coded),
        _ => {
            let element = |one: TokenResult<'_>| (one.token.to_owned(), one.id, one.code);
            answer::batch(&fated.into_iter().map(element).collect::<Vec<_>>())
        }
    };
    Judgement { notices, ..Judgement::answered(answer) }
}

fn token_result<'a>(message: &'a Value, token: &'a str, app: &OppoCredential, scene: &Scene<'_>) -> TokenResult<'a> {
    let verified = message["verify_registration_id"] == true;
    let id = answer::message_id(&app.app_id);
    let known = &message["notification"]["app_message_id"];
    let repeated = known.is_string()
        && scene.shade(token).iter().any(|shown| shown.delivery.notice.detail["app_message_id"] == *known);
    let (code, shown) = match scene.token_state(token, &[app.app_id.as_str(), app.app_key.as_str()]) {
        TokenState::Scripted(code) => (Some(code.parse().unwrap_or(-1)), false),
        TokenState::Unregistered | TokenState::Foreign => (verified.then_some(INVALID_TOKEN), false),
        TokenState::Unknown if !is_well_formed(token) => (verified.then_some(INVALID_TOKEN), false),
        TokenState::Unknown | TokenState::Live if repeated => {
            ((!app.repeats_are_silent).then_some(REPEATED_MESSAGE), false)
        }
        TokenState::Unknown | TokenState::Live => (None, true),
    };
    TokenResult { message, token, id, code, shown }
}

fn notice(fated: &TokenResult<'_>) -> Notice {
    let shown = &fated.message["notification"];
    let text = |name: &str| shown[name].as_str().map(str::to_owned);
    let data = text("action_parameters").and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    Notice {
        token: fated.token.to_owned(),
        kind: DeliveryKind::Notification,
        message_id: fated.id.clone(),
        title: text("title"),
        body: text("content"),
        data,
        replace_ids: shown["notify_id"].as_i64().map(|id| format!("notify_id:{id}")).into_iter().collect(),
        category: text("category"),
        detail: json!({
            "app_message_id": shown["app_message_id"],
            "channel_id": shown["channel_id"],
            "notify_level": shown["notify_level"],
            "off_line_ttl": shown["off_line_ttl"],
            "notification": shown,
        }),
    }
}

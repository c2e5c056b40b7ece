//! Sends one notification to up to 1000 tokens (`message/regid`), or a notification for each token
//! (`multi_messages/regids`).

use serde_json::{Map, Value, json};

use super::{Channel, XiaomiCredential, answer, channel, check, merged};
use crate::simulators::engine::form::Form;
use crate::simulators::engine::{DeliveryKind, Judgement, Notice, Request, Scene, TokenState};

/// The result of a token that is unregistered, malformed or of another app.
pub const BAD: &str = "bad_regids";

pub fn send(request: &Request, scene: &Scene<'_>) -> Judgement {
    let Some(app) = authenticate(request, scene) else {
        return Judgement::refused(answer::coded("21301"), "21301: no key, or one that no app has");
    };
    let Some(form) = request.form() else {
        return Judgement::refused(answer::coded("10007"), "10007: Content-Type must be that of a form");
    };
    let refused =
        |(code, why): check::Refusal| Judgement::refused(answer::coded_with(code, &why), format!("{code}: {why}"));
    let forms = if request.path == merged::PATH { merged::forms(&form) } else { Ok(vec![form]) };
    let forms = match forms {
        Ok(forms) => forms,
        Err(refusal) => return refused(refusal),
    };
    let mut messages = Vec::new();
    for form in &forms {
        match check::form(form, &request.path, &app) {
            Ok(channel) => messages.extend(check::tokens(form).map(|token| Message { form, channel, token })),
            Err(refusal) => return refused(refusal),
        }
    }
    deliver(&messages, &app, scene)
}

/// A notification for one token.
#[derive(Clone, Copy)]
struct Message<'a> {
    form: &'a Form,
    channel: Option<&'a Channel>,
    token: &'a str,
}

/// Returns the app whose secret the request carries. The header has exactly one valid spelling.
pub fn authenticate(request: &Request, scene: &Scene<'_>) -> Option<XiaomiCredential> {
    let secret = request.header("authorization")?.strip_prefix("key=")?;
    scene.credential(|known: &XiaomiCredential| known.app_secret == secret).map(|(_, app)| app)
}

fn deliver(messages: &[Message<'_>], app: &XiaomiCredential, scene: &Scene<'_>) -> Judgement {
    let verdicts: Vec<Option<String>> = messages.iter().map(|message| verdict(message.token, app, scene)).collect();
    // A scripted code that is no result of a token is the result of the whole call.
    if let Some(code) = verdicts.iter().flatten().find(|code| *code != BAD) {
        return Judgement::answered(answer::coded(code));
    }
    let (accepted, bad): (Vec<_>, Vec<_>) = messages.iter().zip(&verdicts).partition(|(_, verdict)| verdict.is_none());
    if accepted.is_empty() {
        return Judgement::answered(answer::coded("20301"));
    }
    let bad: Vec<&str> = bad.into_iter().map(|(message, _)| message.token).collect();
    let id = answer::message_id();
    let notices = accepted.iter().map(|(message, _)| notice(message, &id)).collect();
    Judgement { notices, ..Judgement::answered(answer::taken(&id, &bad, messages.len())) }
}

pub fn verdict(token: &str, app: &XiaomiCredential, scene: &Scene<'_>) -> Option<String> {
    let senders: Vec<&str> = app.package_names.iter().map(String::as_str).chain([app.app_id.as_str()]).collect();
    match scene.token_state(token, &senders) {
        TokenState::Scripted(code) => Some(code),
        TokenState::Unregistered | TokenState::Foreign => Some(BAD.to_owned()),
        TokenState::Unknown if !is_well_formed(token) => Some(BAD.to_owned()),
        TokenState::Unknown | TokenState::Live => None,
    }
}

/// Returns whether a token has the usual form: base64 with its padding. A plus that was not escaped is a blank here.
fn is_well_formed(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    let alphabet = body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte));
    (20..=256).contains(&token.len()) && token.len().is_multiple_of(4) && token.len() - body.len() <= 2 && alphabet
}

fn notice(Message { form, channel, token }: &Message<'_>, id: &str) -> Notice {
    let text = |name: &str| form.get(name).map(str::to_owned);
    // Without an id, a phone shows only one notification of the app.
    let shown_as = form.get("notify_id").unwrap_or("none");
    let detail: Map<String, Value> = form
        .pairs()
        .iter()
        .filter(|(name, _)| !["registration_id", "title", "description", "payload"].contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    Notice {
        token: (*token).to_owned(),
        kind: DeliveryKind::Notification,
        message_id: id.to_owned(),
        title: text("title"),
        body: text("description"),
        data: text("payload").map(Value::from).unwrap_or_default(),
        replace_ids: vec![format!("notify_id:{shown_as}")],
        category: Some(channel::kind(*channel).to_owned()),
        detail: detail.into(),
    }
}

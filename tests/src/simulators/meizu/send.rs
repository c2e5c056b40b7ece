//! Sends one notification to up to 100 tokens: `pushByPushId`.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::check::Refusal;
use super::{MeizuCredential, answer, auth, check};
use crate::simulators::engine::form::Form;
use crate::simulators::engine::{DeliveryKind, Endpoint, Judgement, Notice, Scene, TokenState};

const SECOND_MS: u64 = 1000;
const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 86_400_000;
/// China's time is eight hours ahead of UTC.
const AHEAD_MS: u64 = 8 * 3_600_000;

pub fn send(form: &Form, scene: &Scene<'_>) -> Judgement {
    attempt(form, scene).unwrap_or_else(|(code, why)| Judgement::refused(answer::coded(code), format!("{code}: {why}")))
}

/// Judges a send. Meizu does not document the order of the checks. Here it is: the caller, the rate, the message.
fn attempt(form: &Form, scene: &Scene<'_>) -> Result<Judgement, Refusal> {
    let app = auth::app(form, scene)?;
    let own = format!("appId={}", app.app_id);
    let recent = scene.requests_within(SECOND_MS).filter(|request| request.endpoint == Endpoint::Send);
    if recent.filter(|request| request.body.split('&').any(|field| field == own)).count() >= app.requests_per_second {
        return Err(("110010", "too many requests in a second".to_owned()));
    }
    let message = check::form(form, &app)?;
    Ok(deliver(form, &message, &app, scene))
}

fn deliver(form: &Form, message: &Value, app: &MeizuCredential, scene: &Scene<'_>) -> Judgement {
    let message_id = answer::message_id();
    let phones = Phones::of(message, scene);
    let mut failed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut notices = Vec::new();
    for token in form.get("pushIds").unwrap_or_default().split(',') {
        match phones.verdict(token, app, scene) {
            Some(code) => failed.entry(code).or_default().push(token.to_owned()),
            None => notices.push(notice(message, token, &message_id)),
        }
    }
    Judgement { notices, ..Judgement::answered(answer::accepted(&message_id, &failed)) }
}

/// Recent deliveries to phones.
struct Phones<'a> {
    public: bool,
    in_a_minute: HashMap<&'a str, usize>,
    /// public messages of this day
    public_today: HashMap<&'a str, usize>,
}

impl<'a> Phones<'a> {
    fn of(message: &Value, scene: &'a Scene<'_>) -> Self {
        let public = message["noticeBarInfo"]["noticeMsgType"].as_i64().unwrap_or(0) == 0;
        let mut phones = Self { public, in_a_minute: HashMap::new(), public_today: HashMap::new() };
        for delivery in scene.deliveries_within(MINUTE_MS) {
            *phones.in_a_minute.entry(&delivery.notice.token).or_default() += 1;
        }
        if public {
            let today = (scene.now_ms() + AHEAD_MS) % DAY_MS;
            let public = |category: &Option<String>| category.as_deref() == Some("public");
            for delivery in scene.deliveries_within(today).filter(|delivery| public(&delivery.notice.category)) {
                *phones.public_today.entry(&delivery.notice.token).or_default() += 1;
            }
        }
        phones
    }

    /// Returns the code of a token that fails.
    fn verdict(&self, token: &str, app: &MeizuCredential, scene: &Scene<'_>) -> Option<String> {
        let got = |counts: &HashMap<&str, usize>| counts.get(token).copied().unwrap_or(0);
        let code = match scene.token_state(token, &[&app.app_id]) {
            TokenState::Scripted(code) => return Some(code),
            TokenState::Unregistered => "110002",
            TokenState::Foreign => "110003",
            TokenState::Unknown if !is_well_formed(token) => "110003",
            _ if self.public && got(&self.public_today) >= app.public_per_day => "110011",
            _ if got(&self.in_a_minute) >= app.messages_per_minute => "520",
            TokenState::Unknown | TokenState::Live => return None,
        };
        Some(code.to_owned())
    }
}

/// Returns whether a pushId has the usual form. Real pushIds are opaque.
fn is_well_formed(token: &str) -> bool {
    (16..=128).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn notice(message: &Value, token: &str, message_id: &str) -> Notice {
    let bar = &message["noticeBarInfo"];
    let text = |name: &str| bar[name].as_str().map(str::to_owned);
    let key = message["advanceInfo"]["notifyKey"].as_str();
    Notice {
        token: token.to_owned(),
        kind: DeliveryKind::Notification,
        message_id: message_id.to_owned(),
        title: text("title"),
        body: text("content"),
        data: message["clickTypeInfo"]["parameters"].clone(),
        replace_ids: key.map(|key| format!("notify_key:{key}")).into_iter().collect(),
        category: Some(if bar["noticeMsgType"] == 1 { "private" } else { "public" }.to_owned()),
        detail: json!({
            "noticeBarInfo": bar,
            "clickTypeInfo": message["clickTypeInfo"],
            "pushTimeInfo": message["pushTimeInfo"],
            "advanceInfo": message["advanceInfo"],
            "extra": message["extra"],
        }),
    }
}

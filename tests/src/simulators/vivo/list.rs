//! Sends one message to many phones: the message is saved first, then pushed to lists of phones.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::check::{self, require};
use super::{Refusal, VivoCredential, answer, refusal, send};
use crate::simulators::engine::{Judgement, Saved, Scene, digits};

/// Minimum time to live of a message to a list, in seconds.
const MIN_TTL: i64 = 900;
pub const MAX_TOKENS: usize = 1000;

pub fn save(body: &Value, app: &VivoCredential) -> Result<Judgement, Refusal> {
    require(app.approved, "10045", "the app may send to single phones only")?;
    check::message(body, app, MIN_TTL)?;
    require(body["extra"]["callback"].is_null(), "10305", "callback is for messages to single phones")?;
    let id = digits(19);
    let answer = answer::taken(&id);
    let saved = Saved { id, value: json!({"app": app.app_id, "message": body}) };
    Ok(Judgement { saved: Some(saved), ..Judgement::answered(answer) })
}

pub fn push(body: &Value, app: &VivoCredential, scene: &Scene<'_>) -> Result<Judgement, Refusal> {
    let task_id = body["taskId"].as_str().filter(|id| !id.is_empty()).ok_or_else(|| refusal("10151", "no taskId"))?;
    let tokens: Vec<&str> = body["regIds"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let aliases = body["aliases"].as_array().map_or(0, Vec::len);
    require(!tokens.is_empty() || aliases > 0, "10150", "neither regIds nor aliases")?;
    require(aliases == 0, "10154", "nobody of ours has an alias")?;
    require((2..=MAX_TOKENS).contains(&tokens.len()), "10153", "regIds has 2 to 1000 entries")?;
    let different: HashSet<&&str> = tokens.iter().collect();
    require(different.len() == tokens.len(), "10153", "regIds names a phone twice")?;
    let request_id = check::request_id(body)?;
    let saved = scene.saved(task_id).filter(|saved| saved["app"] == app.app_id);
    let message = &saved.ok_or_else(|| refusal("10151", "the taskId was not given to this app"))?["message"];

    let mut invalid = Vec::new();
    let mut notices = Vec::new();
    for token in tokens {
        match send::status(token, message, app, scene) {
            Ok(None) => notices.push(send::notice(message, token, task_id)),
            Ok(Some(status)) => invalid.push((token, status)),
            // A scripted code that is no state of a phone is the result of the whole call.
            Err(code) => return Ok(Judgement::answered(answer::coded(&code))),
        }
    }
    Ok(Judgement { notices, ..Judgement::answered(answer::list(request_id, &invalid)) })
}

//! What vivo's answers mean. The body's code decides, whatever the HTTP status; the status only where the body says nothing.
//!
//! A token is unregistered only where the answer names its state; what a wrong app may cause as well, with a doubt.

use super::{
    codes::{BAD_TOKEN, INACTIVE, INVALID_USER, MESSAGES, STATUSES, SUCCESS, TOKEN_ENDPOINT, TOO_EARLY},
    wire::{InvalidUser, VivoResponse},
};
use crate::prelude::*;

/// What an operator says about codes that vivo leaves open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    /// when a day's quota begins, as an hour in China
    pub(super) quota_hour: i64,
    /// from when on messages of the class "operation" are sent, as an hour in China
    pub(super) operation_hour: i64,
    /// whether phones that were not seen for long lose their token
    pub(super) remove_inactive: bool,
}

/// What the answer to a message says of its one token.
pub(super) fn judge(reply: &Reply, token: &DeviceToken, reading: &Reading, now: Timestamp) -> Result<Outcome, Refusal> {
    let response = serde_json::from_slice::<VivoResponse>(&reply.body).ok().filter(|_| reply.status < 500);
    if let Some(response) = response.filter(|response| response.result.as_deref() == Some(BAD_TOKEN)) {
        return Ok(bad_token(&response.invalid_user, token, reading));
    }
    let response = taken(reply, &MESSAGES, reading, now)?;
    Ok(Outcome::Accepted { vendor_message_id: response.task_id })
}

/// What the answer to a list says of its tokens. Those that it does not name were taken over.
pub(super) fn judge_list(
    reply: &Reply,
    tokens: &[DeviceToken],
    task_id: &str,
    reading: &Reading,
    now: Timestamp,
) -> Result<Vec<Outcome>, Refusal> {
    let response = taken(reply, &MESSAGES, reading, now)?;
    let taken_over = Outcome::Accepted { vendor_message_id: Some(task_id.to_owned()) };
    Ok(of_named(tokens, invalid_users(response, reading), &taken_over, "invalidUsers"))
}

/// Returns the id of a saved message.
pub(super) fn saved(reply: &Reply, reading: &Reading, now: Timestamp) -> Result<String, Refusal> {
    let task_id = taken(reply, &MESSAGES, reading, now)?.task_id;
    task_id.ok_or_else(|| CallError::Protocol { code: "no taskId".to_owned() }.into())
}

/// Returns why the token endpoint gave no token.
pub(super) fn of_token_request(reply: &Reply, reading: &Reading, now: Timestamp) -> CallError {
    match taken(reply, &TOKEN_ENDPOINT, reading, now) {
        Ok(_) => CallError::Protocol { code: format!("{}no authToken", oauth::CODE) },
        Err(refusal) => refusal.last(),
    }
}

/// Returns the answer to a request that vivo took, or why it did not. A code that the status contradicts is not believed.
fn taken(
    reply: &Reply,
    classifier: &Classifier<&str>,
    reading: &Reading,
    now: Timestamp,
) -> Result<VivoResponse, Refusal> {
    let response = serde_json::from_slice::<VivoResponse>(&reply.body).map_err(|_| classifier.by_status(reply))?;
    match response.result.as_deref() {
        Some(SUCCESS) if reply.status == 200 => Ok(response),
        Some(code) if code != SUCCESS && (code != BAD_TOKEN || reply.status < 500) => {
            let verdict = classifier.verdict(code, reply.status);
            let hour = if code == TOO_EARLY { reading.operation_hour } else { reading.quota_hour };
            let next_day = (verdict == Verdict::QuotaUsedUp).then(|| until_hour(hour, now));
            Err(verdict.of_request(format!("{}{code}", classifier.prefix), reply.retry_after.or(next_day)))
        }
        _ => Err(classifier.by_status(reply)),
    }
}

/// What the state of a phone says of its token.
fn of_state(status: &str, reading: &Reading) -> Outcome {
    let code = format!("{INVALID_USER}{status}");
    match look_up(STATUSES, status) {
        Some(Verdict::Unregistered { certain }) if reading.remove_inactive || status != INACTIVE => {
            Outcome::Unregistered { code, certain }
        }
        _ => Outcome::Refused { code },
    }
}

/// vivo says what is the matter with the token beside the code; where it does not, a wrong app may be the cause.
fn bad_token(invalid_user: &Value, token: &DeviceToken, reading: &Reading) -> Outcome {
    let code = BAD_TOKEN.to_owned();
    if invalid_user.is_null() {
        return Outcome::Unregistered { code, certain: false };
    }
    let user = serde_json::from_value::<InvalidUser>(invalid_user.clone()).ok();
    let of_token =
        |user: &InvalidUser| user.userid.is_null() || word(Some(&user.userid)).as_deref() == Some(token.expose());
    match user.filter(of_token).and_then(|user| user.status) {
        Some(status) => of_state(&status, reading),
        None => Outcome::Refused { code },
    }
}

/// Returns tokens with the states that a list's answer gives them; `None` for an answer that makes no sense.
fn invalid_users(response: VivoResponse, reading: &Reading) -> Option<HashMap<String, Outcome>> {
    let users: Vec<InvalidUser> = match response.invalid_users {
        Value::Null => serde_json::from_value(response.data).unwrap_or_default(),
        users => serde_json::from_value(users).ok()?,
    };
    let mut invalid = HashMap::with_capacity(users.len());
    for user in users {
        let (token, outcome) = (word(Some(&user.userid))?, of_state(&user.status?, reading));
        if invalid.insert(token, outcome.clone()).is_some_and(|known| known != outcome) {
            return None;
        }
    }
    Some(invalid)
}

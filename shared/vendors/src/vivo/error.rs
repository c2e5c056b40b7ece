//! vivo's results and what they mean. The body's code decides, whatever the HTTP status; the status only where the body says
//! nothing.
//!
//! A token is unregistered only where the answer names its state; what a wrong app may cause as well, with a doubt.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use serde_json::Value;
use shared::domain::{
    binding::DeviceToken,
    outcome::{CallError, Outcome},
    time::Timestamp,
};

use super::wire::{Answer, InvalidUser, text};
use crate::{
    access_token::oauth,
    reporting::{Refusal, Row, Verdict, day::until_hour, look_up},
    transport::Reply,
};

const API: &str = "https://dev.vivo.com.cn/documentCenter/doc/362";
const CATEGORIES: &str = "https://dev.vivo.com.cn/documentCenter/doc/359";
const CONTENT: &str = "https://dev.vivo.com.cn/documentCenter/doc/695";
const LIMITS: &str = "https://dev.vivo.com.cn/documentCenter/doc/156";
const FIELDS: &str = "https://github.com/modood/pushapi/blob/master/vivopush/message.go";
const HTTP: &str = "https://www.rfc-editor.org/rfc/rfc9110#section-15";

pub(super) const SUCCESS: &str = "0";
/// The token is none, or of another app, or of a phone that cannot be reached.
const BAD_TOKEN: &str = "10302";
/// A message of the class "operation" outside of the hours in which vivo sends them.
const TOO_EARLY: &str = "10071";
/// The phone has not been seen for long.
const INACTIVE: &str = "3";

/// The limits are by the second.
const SECOND: Verdict = Verdict::RateLimited { advice: Some(Duration::from_secs(1)) };

const fn row<K>(key: K, verdict: Verdict, source: &'static str) -> Row<K> {
    Row { key, verdict, meaning: "", source }
}

/// `result` of an answer, for the token endpoint as well, but for success.
pub(super) const CODES: &[Row<&str>] = &[
    row("10000", Verdict::Expired, API),
    row("10040", Verdict::Unavailable, API),
    // the app is disabled, or not set up; only some readers of the page know these two
    row("10043", Verdict::Credential, API),
    row("10045", Verdict::Credential, API),
    row("10050", Verdict::Rejected, API),
    row("10054", Verdict::Rejected, API),
    row("10055", Verdict::Rejected, API),
    row("10056", Verdict::Rejected, API),
    row("10057", Verdict::Rejected, API),
    row("10058", Verdict::Rejected, API),
    row("10059", Verdict::Rejected, API),
    row("10060", Verdict::Rejected, API),
    row("10061", Verdict::Rejected, API),
    row("10062", Verdict::Rejected, API),
    row("10063", Verdict::Rejected, API),
    row("10064", Verdict::Rejected, API),
    row("10065", Verdict::Rejected, API),
    row("10066", Verdict::Rejected, API),
    row("10067", Verdict::Rejected, API),
    row("10068", Verdict::Rejected, API),
    row("10069", Verdict::Rejected, API),
    row("10070", Verdict::QuotaUsedUp, LIMITS),
    row(TOO_EARLY, Verdict::QuotaUsedUp, LIMITS),
    row("10072", SECOND, LIMITS),
    row("10073", Verdict::QuotaUsedUp, LIMITS),
    row("10085", Verdict::Rejected, CONTENT),
    row("10093", SECOND, API),
    row("10094", Verdict::Credential, API),
    row("10096", Verdict::Rejected, CATEGORIES),
    row("10097", Verdict::Rejected, CATEGORIES),
    row("10104", Verdict::Rejected, CONTENT),
    row("10150", Verdict::Rejected, API),
    row("10151", Verdict::Rejected, API),
    row("10153", Verdict::Rejected, API),
    row("10154", Verdict::Rejected, API),
    row("10200", Verdict::Credential, API),
    row("10201", Verdict::Credential, API),
    row("10202", Verdict::Credential, API),
    row("10203", Verdict::Credential, API),
    row("10204", Verdict::Credential, API),
    row("10205", Verdict::Credential, API),
    row("10206", Verdict::Credential, API),
    // the two clocks are more than ten minutes apart
    row("10207", Verdict::Credential, API),
    // the token endpoint's former limit of a day, which no class of pushes used up
    row("10250", Verdict::RateLimited { advice: Some(Duration::from_secs(3600)) }, API),
    row("10252", Verdict::QuotaUsedUp, API),
    row("10254", Verdict::QuotaUsedUp, API),
    // of aliases, which are not used here: says nothing against a token
    row("10301", Verdict::Rejected, API),
    row(BAD_TOKEN, Verdict::Unregistered { certain: false }, API),
    row("10305", Verdict::Rejected, API),
    row("10306", Verdict::Rejected, API),
    row("10307", Verdict::Rejected, API),
    row("10352", Verdict::Rejected, API),
    row("10353", Verdict::Rejected, API),
    // calls about statistics and tags only
    row("10471", Verdict::Rejected, API),
    row("10473", Verdict::Rejected, API),
    row("10601", Verdict::Rejected, API),
    row("10609", Verdict::Rejected, API),
    row("10614", Verdict::Rejected, API),
    row("10616", Verdict::Rejected, API),
    row("11000", Verdict::Rejected, API),
];

/// `status` of a phone that was not reached.
pub(super) const STATUSES: &[Row<&str>] = &[
    // not of this app: an app configured with another one's credential is told so of every token
    row("1", Verdict::Unregistered { certain: false }, FIELDS),
    row("2", Verdict::Unregistered { certain: true }, FIELDS),
    row(INACTIVE, Verdict::Unregistered { certain: false }, FIELDS),
    // no test phone, but the message was for those
    row("4", Verdict::Rejected, FIELDS),
];

/// HTTP statuses of answers that say nothing else.
pub(super) const HTTP_STATUSES: &[Row<u16>] = &[
    row(400, Verdict::Rejected, API),
    row(401, Verdict::Credential, HTTP),
    row(403, Verdict::Credential, HTTP),
    row(429, SECOND, HTTP),
    row(500, Verdict::Unavailable, API),
    row(502, Verdict::Unavailable, HTTP),
    row(503, Verdict::Unavailable, HTTP),
    row(504, Verdict::Unavailable, HTTP),
];

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

impl Reading {
    fn refusal(&self, verdict: Verdict, code: String, reply: &Reply, now: Timestamp) -> Refusal {
        let hour = if code.ends_with(TOO_EARLY) { self.operation_hour } else { self.quota_hour };
        let next_day = (verdict == Verdict::QuotaUsedUp).then(|| until_hour(hour, now));
        verdict.of_request(code, reply.retry_after.or(next_day))
    }

    /// What the state of a phone says of its token.
    fn outcome(&self, status: &str) -> Outcome {
        let code = format!("invalid user {status}");
        match look_up(STATUSES, status) {
            Some(Verdict::Unregistered { certain }) if self.remove_inactive || status != INACTIVE => {
                Outcome::Unregistered { code, certain }
            }
            _ => Outcome::Refused { code },
        }
    }
}

/// What the answer to a message says of its one token.
pub(super) fn judge(reply: &Reply, token: &DeviceToken, reading: &Reading, now: Timestamp) -> Result<Outcome, Refusal> {
    let answer = serde_json::from_slice::<Answer>(&reply.body).ok().filter(|_| reply.status < 500);
    if let Some(answer) = answer.filter(|answer| answer.code().as_deref() == Some(BAD_TOKEN)) {
        return Ok(bad_token(&answer.invalid_user, token, reading));
    }
    taken(reply, "", reading, now).map(|answer| accepted(text(&answer.task_id)))
}

/// What the answer to a list says of its tokens. Those that it does not name were taken over.
pub(super) fn judge_list(
    reply: &Reply,
    tokens: &[DeviceToken],
    task_id: &str,
    reading: &Reading,
    now: Timestamp,
) -> Result<Vec<Outcome>, Refusal> {
    let answer = taken(reply, "", reading, now)?;
    let accepted = || accepted(Some(task_id.to_owned()));
    // An answer that contradicts itself or the request is believed in nothing: its tokens are refused, because those that
    // were taken over must not be told twice.
    let Some(invalid) = invalid_users(&answer, tokens) else {
        return Ok(vec![Outcome::Refused { code: "invalidUsers".to_owned() }; tokens.len()]);
    };
    if invalid.is_empty() {
        return Ok(tokens.iter().map(|_| accepted()).collect());
    }
    let outcome = |token: &DeviceToken| match invalid.get(token.expose()) {
        Some(status) => reading.outcome(status),
        None => accepted(),
    };
    Ok(tokens.iter().map(outcome).collect())
}

/// The id of a saved message.
pub(super) fn saved(reply: &Reply, reading: &Reading, now: Timestamp) -> Result<String, Refusal> {
    let answer = taken(reply, "", reading, now)?;
    text(&answer.task_id).ok_or_else(|| CallError::Protocol { code: "no taskId".to_owned() }.into())
}

/// Why the token endpoint gave no token.
pub(super) fn of_token_request(reply: &Reply, reading: &Reading, now: Timestamp) -> CallError {
    match taken(reply, oauth::CODE, reading, now) {
        Ok(_) => CallError::Protocol { code: format!("{}no authToken", oauth::CODE) },
        Err(refusal) => refusal.last(),
    }
}

/// The answer to a request that vivo took, or why it did not. `place` begins every code.
fn taken(reply: &Reply, place: &str, reading: &Reading, now: Timestamp) -> Result<Answer, Refusal> {
    let answer = serde_json::from_slice::<Answer>(&reply.body).ok();
    let code = answer.as_ref().and_then(Answer::code);
    let (Some(answer), Some(code)) = (answer, code) else {
        return Err(by_status(reply, place, reading, now));
    };
    match code.as_str() {
        SUCCESS if reply.status == 200 => Ok(answer),
        // a code that the status contradicts
        SUCCESS => Err(by_status(reply, place, reading, now)),
        BAD_TOKEN if reply.status >= 500 => Err(by_status(reply, place, reading, now)),
        code => {
            let verdict = look_up(CODES, code).or_else(|| look_up(HTTP_STATUSES, &reply.status));
            Err(reading.refusal(verdict.unwrap_or(Verdict::Rejected), format!("{place}{code}"), reply, now))
        }
    }
}

fn by_status(reply: &Reply, place: &str, reading: &Reading, now: Timestamp) -> Refusal {
    let code = format!("{place}HTTP {}", reply.status);
    match look_up(HTTP_STATUSES, &reply.status) {
        Some(verdict) => reading.refusal(verdict, code, reply, now),
        None if reply.status >= 500 => reading.refusal(Verdict::Unavailable, code, reply, now),
        None => CallError::Protocol { code }.into(),
    }
}

fn accepted(task_id: Option<String>) -> Outcome {
    Outcome::Accepted { vendor_message_id: task_id }
}

/// vivo says what is the matter with the token beside the code; where it does not, a wrong app may be the cause.
fn bad_token(invalid_user: &Value, token: &DeviceToken, reading: &Reading) -> Outcome {
    let code = BAD_TOKEN.to_owned();
    if invalid_user.is_null() {
        return Outcome::Unregistered { code, certain: false };
    }
    let user = serde_json::from_value::<InvalidUser>(invalid_user.clone()).ok();
    let of_token = |user: &InvalidUser| user.userid.is_null() || text(&user.userid).as_deref() == Some(token.expose());
    match user.filter(of_token).and_then(|user| text(&user.status)) {
        Some(status) => reading.outcome(&status),
        None => Outcome::Refused { code },
    }
}

/// Tokens with the states that a list's answer gives them; `None` for an answer that makes no sense.
fn invalid_users(answer: &Answer, tokens: &[DeviceToken]) -> Option<HashMap<String, String>> {
    let users: Vec<InvalidUser> = match &answer.invalid_users {
        Value::Null => serde_json::from_value(answer.data.clone()).unwrap_or_default(),
        users => serde_json::from_value(users.clone()).ok()?,
    };
    if users.is_empty() {
        return Some(HashMap::new());
    }
    let asked: HashSet<&str> = tokens.iter().map(DeviceToken::expose).collect();
    let mut invalid = HashMap::with_capacity(users.len());
    for user in users {
        let (token, status) = (text(&user.userid)?, text(&user.status)?);
        if !asked.contains(token.as_str()) || invalid.get(&token).is_some_and(|known| *known != status) {
            return None;
        }
        invalid.insert(token, status);
    }
    Some(invalid)
}

//! Meizu's results and what they mean. The body's code decides under status 200, which every answer of its own has; under
//! another status the code is believed only where it calls no token unregistered and accepts none.
//!
//! Codes of a request and codes of single tokens are two lists, in which 110010 means two things. A token is unregistered when
//! an accepted request names it, or, with a doubt, when it was the only one of a request that is refused for it.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;
use shared::domain::{
    binding::DeviceToken,
    outcome::{CallError, Outcome},
    time::Timestamp,
};

use super::wire::Answer;
use crate::{
    reporting::{Refusal, Row, Verdict, day, look_up, of_token},
    transport::Reply,
};

const API: &str = "https://github.com/MEIZUPUSH/PushAPI#api说明";
const API_CODES: &str = "https://github.com/MEIZUPUSH/PushAPI#接口响应规范";
const LIBRARY_CODES: &str =
    "https://github.com/MEIZUPUSH/JavaSdk/blob/master/src/main/java/com/meizu/push/sdk/server/constant/ErrorCode.java";
const LIBRARY_TOKEN_CODES: &str = "https://github.com/MEIZUPUSH/JavaSdk/blob/master/src/main/java/com/meizu/push/sdk/server/constant/PushResponseCode.java";
const LIBRARY_HTTP: &str =
    "https://github.com/MEIZUPUSH/JavaSdk/blob/master/src/main/java/com/meizu/push/sdk/utils/HttpClient.java";

const SUCCESS: &str = "200";
/// The request is to be sent to another address.
const MOVED: &str = "300";
/// Our name for a success whose list of failed tokens makes no sense.
pub(super) const UNREADABLE: &str = "200 value";

/// The limit is one of requests a second, usually 200 (<https://help.aliyun.com/document_detail/616229.html>).
const RATE: Verdict = Verdict::RateLimited { advice: Some(Duration::from_secs(1)) };
/// Which day is meant stands nowhere: taken for that of the vendor's home.
const DAILY: Verdict = Verdict::QuotaUsedUp;
const DEAD: Verdict = Verdict::Unregistered { certain: true };
/// Documented for requests without a word on which of its tokens is meant.
const DOUBTED: Verdict = Verdict::Unregistered { certain: false };

const fn row<K>(key: K, verdict: Verdict, source: &'static str) -> Row<K> {
    Row { key, verdict, meaning: "", source }
}

/// `code` of an answer, but for success, which [`judge`] takes apart.
pub(super) const CODES: &[Row<&str>] = &[
    // for an answer without a usable address; with one it is followed
    row(MOVED, Verdict::Unavailable, API_CODES),
    row("500", Verdict::Unavailable, API_CODES),
    row("1001", Verdict::Unavailable, API_CODES),
    row("1003", Verdict::Unavailable, API_CODES),
    row("1005", Verdict::Rejected, API_CODES),
    // nothing is signed that runs out: a wrong signature is a wrong secret
    row("1006", Verdict::Credential, API_CODES),
    row("110000", Verdict::Credential, API_CODES),
    row("110001", Verdict::Credential, API_CODES),
    row("110002", DOUBTED, API_CODES),
    row("110003", DOUBTED, API_CODES),
    row("110004", Verdict::Rejected, API_CODES),
    row("110009", Verdict::Credential, API_CODES),
    row("110010", RATE, API_CODES),
    row("110019", DAILY, API_CODES),
    row("110031", Verdict::Credential, API_CODES),
    row("110032", Verdict::Rejected, API_CODES),
    row("110033", Verdict::Credential, API_CODES),
    row("110051", DAILY, API_CODES),
    // messages to the app itself, which are never sent
    row("110053", Verdict::Rejected, API_CODES),
    row("-1", Verdict::Rejected, LIBRARY_CODES),
];

/// Keys of `value`: what became of single tokens of a request that was accepted.
pub(super) const TOKEN_CODES: &[Row<&str>] = &[
    row("201", Verdict::Rejected, API),
    row("501", Verdict::Unavailable, API),
    row("513", Verdict::Unavailable, API),
    row("518", RATE, LIBRARY_TOKEN_CODES),
    row("519", Verdict::Unavailable, API),
    // folded on the phone, over five in a minute: another copy would be one more
    row("520", Verdict::Rejected, API),
    row("110002", DEAD, API),
    row("110003", DEAD, API),
    // for aliases, which no request of ours names
    row("110005", Verdict::Rejected, API),
    // the person switched the app's notifications off, and may switch them on again: the token is well
    row("110010", Verdict::Rejected, API),
    // as many public messages as this phone may get a day; private ones are not counted
    row("110011", Verdict::Rejected, API),
];

/// HTTP statuses of answers that say nothing else. Meizu's own library repeats after 5xx and nothing else.
pub(super) const HTTP_STATUSES: &[Row<u16>] = &[
    row(400, Verdict::Rejected, LIBRARY_HTTP),
    row(401, Verdict::Rejected, LIBRARY_HTTP),
    row(403, Verdict::Rejected, LIBRARY_HTTP),
    row(404, Verdict::Rejected, LIBRARY_HTTP),
    row(405, Verdict::Rejected, LIBRARY_HTTP),
    row(413, Verdict::Rejected, LIBRARY_HTTP),
    row(429, RATE, LIBRARY_HTTP),
    row(500, Verdict::Unavailable, LIBRARY_HTTP),
    row(502, Verdict::Unavailable, LIBRARY_HTTP),
    row(503, Verdict::Unavailable, LIBRARY_HTTP),
    row(504, Verdict::Unavailable, LIBRARY_HTTP),
];

/// What an answer says of the tokens of its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judged {
    /// an outcome for each, in their order
    Each(Vec<Outcome>),
    /// one or all of several are bad, and which is not said
    Unclear,
    /// the request belongs to this address
    Moved(String),
}

/// What the answer to a request with these tokens says of them.
pub(super) fn judge(reply: &Reply, tokens: &[&DeviceToken], now: Timestamp) -> Result<Judged, Refusal> {
    let answer = serde_json::from_slice::<Answer>(&reply.body).ok();
    let code = answer.as_ref().and_then(|answer| text(&answer.code));
    let (Some(answer), Some(code)) = (answer, code) else {
        return Err(by_status(reply, now));
    };
    let verdict = look_up(CODES, code.as_str());
    if reply.status != 200 {
        return Err(match verdict.filter(|verdict| !matches!(verdict, Verdict::Unregistered { .. })) {
            Some(verdict) if reply.status < 500 => verdict.of_request(code, wait(verdict, reply, now)),
            _ => by_status(reply, now),
        });
    }
    if let Some(address) = moved(&answer).filter(|_| code == MOVED) {
        return Ok(Judged::Moved(address));
    }
    match (code.as_str(), verdict) {
        (SUCCESS, _) => Ok(Judged::Each(each(&answer, tokens, reply, now))),
        (_, Some(Verdict::Unregistered { certain })) if tokens.len() == 1 => {
            Ok(Judged::Each(vec![Outcome::Unregistered { code, certain }]))
        }
        (_, Some(Verdict::Unregistered { .. })) => Ok(Judged::Unclear),
        (_, verdict) => {
            let verdict = verdict.unwrap_or(Verdict::Rejected);
            Err(verdict.of_request(code, wait(verdict, reply, now)))
        }
    }
}

fn by_status(reply: &Reply, now: Timestamp) -> Refusal {
    let code = format!("HTTP {}", reply.status);
    match (look_up(HTTP_STATUSES, &reply.status), reply.status) {
        (Some(verdict), _) => verdict.of_request(code, wait(verdict, reply, now)),
        (None, 400..500) => Verdict::Rejected.of_request(code, None),
        (None, 500..) => Verdict::Unavailable.of_request(code, reply.retry_after),
        (None, _) => Refusal::Failed(CallError::Protocol { code }),
    }
}

/// How long to wait: as long as the answer says, else what is left of the day if the day's quota is used up, else as the
/// verdict advises.
fn wait(verdict: Verdict, reply: &Reply, now: Timestamp) -> Option<Duration> {
    reply.retry_after.or_else(|| (verdict == DAILY).then(|| day::until_hour(0, now)))
}

/// The tokens that the answer names fared as their code says, the others are accepted. An answer that contradicts itself or
/// the request is believed in nothing: its tokens are refused, because those that were accepted must not be told twice.
fn each(answer: &Answer, tokens: &[&DeviceToken], reply: &Reply, now: Timestamp) -> Vec<Outcome> {
    let Some(failed) = failed(&answer.value, tokens) else {
        return vec![Outcome::Refused { code: UNREADABLE.to_owned() }; tokens.len()];
    };
    let message_id = text(&answer.msg_id);
    let outcome = |token: &&DeviceToken| match failed.get(token.expose()) {
        Some(code) => of_named(code, reply, now),
        None => Outcome::Accepted { vendor_message_id: message_id.clone() },
    };
    tokens.iter().map(outcome).collect()
}

/// The code of each token that failed.
fn failed<'a>(value: &'a Value, tokens: &[&DeviceToken]) -> Option<BTreeMap<&'a str, &'a str>> {
    let mut failed = BTreeMap::new();
    let by_code = match value {
        Value::Object(by_code) => by_code,
        Value::Null => return Some(failed),
        Value::String(text) if text.is_empty() => return Some(failed),
        Value::Array(list) if list.is_empty() => return Some(failed),
        _ => return None,
    };
    for (code, named) in by_code {
        for token in named.as_array()? {
            if failed.insert(token.as_str()?, code.as_str()).is_some_and(|other| other != code) {
                return None;
            }
        }
    }
    let known = tokens.iter().filter(|token| failed.contains_key(token.expose())).count();
    (known == failed.len()).then_some(failed)
}

fn of_named(code: &str, reply: &Reply, now: Timestamp) -> Outcome {
    let verdict = look_up(TOKEN_CODES, code).unwrap_or(Verdict::Rejected);
    match verdict.of_token(code.to_owned(), wait(verdict, reply, now)) {
        Ok(outcome) => outcome,
        Err(refusal) => of_token(refusal.last()),
    }
}

/// What an answer means that only says to ask again, once that was done.
pub(super) fn no_verdict() -> CallError {
    CallError::Unavailable { code: MOVED.to_owned(), after: None }
}

/// Where the answer sends the request, if that is a plain https address of Meizu's: an answer must not be able to lead a
/// signed request to any other place.
fn moved(answer: &Answer) -> Option<String> {
    let address = answer.redirect.as_str()?;
    let (host, path) = address.strip_prefix("https://")?.split_once('/')?;
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let own = host.strip_suffix(".meizu.com").is_some_and(|below| below.split('.').all(label));
    let plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-~".contains(&byte));
    (own && plain).then(|| address.to_owned())
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

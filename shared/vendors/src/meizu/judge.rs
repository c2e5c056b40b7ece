//! What Meizu's answers mean. The body's code decides under status 200, which every answer of its own has; under another
//! status the code is believed only where it calls no token unregistered and accepts none.
//!
//! A token is unregistered when an accepted request names it, or, with a doubt, when it was the only one of a request that is
//! refused for it.

use super::{
    codes::{CODES, MESSAGES, MOVED, SUCCESS, TOKEN_CODES, UNREADABLE},
    wire::MeizuResponse,
};
use crate::prelude::*;

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
    let response = serde_json::from_slice::<MeizuResponse>(&reply.body).ok();
    let Some((code, response)) = response.and_then(|mut response| Some((response.code.take()?, response))) else {
        return Err(MESSAGES.by_status(reply));
    };
    let verdict = look_up(CODES, code.as_str());
    let believed = reply.status < 500 && !matches!(verdict, None | Some(Verdict::Unregistered { .. }));
    if reply.status != 200 && !believed {
        return Err(MESSAGES.by_status(reply));
    }
    if let Some(address) = moved(&response).filter(|_| code == MOVED && reply.status == 200) {
        return Ok(Judged::Moved(address));
    }
    match (code.as_str(), verdict.unwrap_or(Verdict::Rejected)) {
        (SUCCESS, _) => Ok(Judged::Each(each(&response, tokens, reply, now))),
        (_, Verdict::Unregistered { certain }) if tokens.len() == 1 => {
            Ok(Judged::Each(vec![Outcome::Unregistered { code, certain }]))
        }
        (_, Verdict::Unregistered { .. }) => Ok(Judged::Unclear),
        (_, verdict) => Err(verdict.of_request(code, wait(verdict, reply, now))),
    }
}

/// Returns how long to wait: as long as the answer says, else what is left of the day if the day's quota is used up. Which day
/// is meant stands nowhere: taken for that of the vendor's home.
fn wait(verdict: Verdict, reply: &Reply, now: Timestamp) -> Option<Duration> {
    reply.retry_after.or_else(|| (verdict == Verdict::QuotaUsedUp).then(|| until_hour(0, now)))
}

/// The tokens that the answer names fared as their code says, the others are accepted. An answer that contradicts itself or
/// the request is believed in nothing: its tokens are refused, because those that were accepted must not be told twice.
fn each(response: &MeizuResponse, tokens: &[&DeviceToken], reply: &Reply, now: Timestamp) -> Vec<Outcome> {
    let accepted = Outcome::Accepted { vendor_message_id: response.msg_id.clone() };
    of_named(tokens, failed(&response.value, |code| of_code(code, reply, now)), &accepted, UNREADABLE)
}

/// Returns the outcome of each token that failed.
fn failed(value: &Value, outcome: impl Fn(&str) -> Outcome) -> Option<HashMap<&str, Outcome>> {
    let mut failed = HashMap::new();
    let by_code = match value {
        Value::Object(by_code) => by_code,
        Value::Null => return Some(failed),
        Value::String(text) if text.is_empty() => return Some(failed),
        Value::Array(list) if list.is_empty() => return Some(failed),
        _ => return None,
    };
    for (code, named) in by_code {
        for token in named.as_array()? {
            let outcome = outcome(code);
            if failed.insert(token.as_str()?, outcome.clone()).is_some_and(|other| other != outcome) {
                return None;
            }
        }
    }
    Some(failed)
}

fn of_code(code: &str, reply: &Reply, now: Timestamp) -> Outcome {
    let verdict = look_up(TOKEN_CODES, code).unwrap_or(Verdict::Rejected);
    let judged = verdict.of_token(code.to_owned(), wait(verdict, reply, now));
    judged.unwrap_or_else(|refusal| of_token(refusal.last()))
}

/// What an answer means that only says to ask again, once that was done.
pub(super) fn no_verdict() -> CallError {
    CallError::Unavailable { code: MOVED.to_owned(), after: None }
}

/// Returns where the answer sends the request, if that is a plain https address of Meizu's: an answer must not be able to lead
/// a signed request to any other place.
fn moved(response: &MeizuResponse) -> Option<String> {
    let address = response.redirect.as_str()?;
    let (host, path) = address.strip_prefix("https://")?.split_once('/')?;
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let own = host.strip_suffix(".meizu.com").is_some_and(|below| below.split('.').all(label));
    let plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-~".contains(&byte));
    (own && plain).then(|| address.to_owned())
}

//! What Xiaomi's answers mean. The body's code decides, for nearly everything comes with status 200; the status only where
//! the body says nothing.
//!
//! A token is unregistered when `bad_regids` names it, or, with a doubt, when it is the only one of a request that failed.

use super::{
    codes::{ANSWERS, BAD_REGIDS, BODY_TOO_LONG, ILLEGAL_DEVICE, NO_REGID, SEND_FAILED, SUCCESS},
    wire::SendResponse,
};
use crate::prelude::*;

/// What an answer says of the tokens of its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judged {
    /// an outcome for each, in their order
    Each(Vec<Outcome>),
    /// none was taken, for a reason of this code that may lie with some of them
    NoneTaken(i64),
}

/// What the answer to a request with these tokens says of them.
pub(super) fn judge(reply: &Reply, tokens: &[DeviceToken], now: Timestamp) -> Result<Judged, Refusal> {
    let response = serde_json::from_slice::<SendResponse>(&reply.body).ok();
    let Some((response, code)) = response.and_then(|response| number(&response.code).map(|code| (response, code)))
    else {
        return Err(ANSWERS.by_status(reply));
    };
    match code {
        SUCCESS if reply.status == 200 && response.result != "error" => Ok(Judged::Each(each(&response.data, tokens))),
        SEND_FAILED | ILLEGAL_DEVICE | BODY_TOO_LONG if reply.status < 500 => Ok(Judged::NoneTaken(code)),
        // a code that the rest of the answer contradicts
        SUCCESS | SEND_FAILED | ILLEGAL_DEVICE | BODY_TOO_LONG => Err(ANSWERS.by_status(reply)),
        code => {
            let verdict = ANSWERS.verdict(&code, reply.status);
            let next_day = (verdict == Verdict::QuotaUsedUp).then(|| until_hour(0, now));
            Err(verdict.of_request(code.to_string(), next_day.or(reply.retry_after)))
        }
    }
}

/// What [`Judged::NoneTaken`] means once no smaller request will follow: a doubt about a single token, and for several a
/// refusal, for the code does not say which of them it means.
pub(super) fn none_taken(code: i64, tokens: usize) -> Result<Vec<Outcome>, CallError> {
    let verdict = ANSWERS.verdict(&code, 200);
    let judged = match tokens {
        1 => verdict.of_token(code.to_string(), None),
        _ => Err(verdict.of_request(code.to_string(), None)),
    };
    judged.map(|outcome| vec![outcome]).map_err(Refusal::last)
}

/// A token that cannot be one of Xiaomi's, and is not sent.
pub(super) fn no_regid() -> Outcome {
    Outcome::Refused { code: NO_REGID.to_owned() }
}

/// The tokens that a success names are unregistered, the others accepted.
fn each(data: &Value, tokens: &[DeviceToken]) -> Vec<Outcome> {
    let unregistered = |name| (name, Outcome::Unregistered { code: BAD_REGIDS.to_owned(), certain: true });
    let failed = bad_regids(data).map(|names| names.map(unregistered).collect());
    of_named(tokens, failed, &accepted(data["id"].clone()), BAD_REGIDS)
}

/// The tokens that failed, as one text with commas; the name has been seen in two spellings
/// (<https://github.com/modood/pushapi>).
fn bad_regids(data: &Value) -> Option<impl Iterator<Item = &str>> {
    let listed = [&data["bad_regids"], &data["bad_regIds"]].into_iter().find(|listed| !listed.is_null());
    let text = listed.map_or(Some(""), Value::as_str)?;
    Some(text.split(',').map(str::trim).filter(|name| !name.is_empty()))
}

//! Xiaomi's results and what they mean. The body's code decides, for nearly everything comes with status 200; the status
//! only where the body says nothing.
//!
//! A token is unregistered when `bad_regids` names it, or, with a doubt, when it is the only one of a request that failed.

use std::{collections::HashSet, time::Duration};

use serde_json::Value;
use shared::domain::{
    binding::DeviceToken,
    outcome::{CallError, Outcome},
    time::Timestamp,
};

use super::wire::Answer;
use crate::{
    reporting::{Refusal, Row, Verdict, day::until_hour, look_up},
    transport::Reply,
};

const CODES_PAGE: &str = "https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1560";
/// The official server SDK, whose constants name what the page leaves out.
const SDK: &str = "https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1558";
const LIMITS: &str = "https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1656";
const REPORTS: &str = "https://blog.csdn.net/article/details/108751167";
const HTTP: &str = "https://www.rfc-editor.org/rfc/rfc9110#section-15";

const SUCCESS: i64 = 0;
/// Sending failed; mostly because all tokens of the request are invalid.
pub(super) const SEND_FAILED: i64 = 20301;
/// One of the tokens is of no device.
pub(super) const ILLEGAL_DEVICE: i64 = 10029;
/// The body is too long; half of it may not be.
pub(super) const BODY_TOO_LONG: i64 = 10018;
/// Our code for tokens that a success leaves out.
pub(super) const BAD_REGIDS: &str = "bad_regids";
/// Our code for tokens that are none of Xiaomi's.
pub(super) const NO_REGID: &str = "a comma in the token";

/// The page says it in general terms; another app's tokens, or a fault at Xiaomi, may cause it as well.
const SUSPECT: Verdict = Verdict::Unregistered { certain: false };
/// The vendor counts requests by the second.
const QPS: Verdict = Verdict::RateLimited { advice: Some(Duration::from_secs(1)) };
const FREQUENT: Verdict = Verdict::RateLimited { advice: None };

const fn row<K>(key: K, verdict: Verdict, source: &'static str) -> Row<K> {
    Row { key, verdict, meaning: "", source }
}

/// `code` of an answer, but for success, which [`judge`] takes apart.
pub(super) const CODES: &[Row<i64>] = &[
    row(-1, Verdict::Unclear, CODES_PAGE),
    row(1, Verdict::Unavailable, CODES_PAGE),
    row(100, Verdict::Rejected, SDK),
    row(10001, Verdict::Unavailable, CODES_PAGE),
    row(10002, Verdict::Unavailable, CODES_PAGE),
    row(10003, Verdict::Unavailable, CODES_PAGE),
    row(10004, Verdict::Credential, SDK),
    row(10005, Verdict::Credential, SDK),
    row(10006, Verdict::Credential, SDK),
    row(10007, Verdict::Rejected, SDK),
    row(10008, Verdict::Rejected, CODES_PAGE),
    row(10009, Verdict::Unavailable, SDK),
    row(10010, Verdict::Unavailable, SDK),
    row(10011, Verdict::Unavailable, SDK),
    row(10012, Verdict::Rejected, CODES_PAGE),
    row(10013, Verdict::Credential, SDK),
    row(10014, Verdict::Credential, SDK),
    row(10016, Verdict::Rejected, CODES_PAGE),
    row(10017, Verdict::Rejected, CODES_PAGE),
    row(BODY_TOO_LONG, Verdict::Rejected, SDK),
    row(10020, Verdict::Rejected, SDK),
    row(10021, Verdict::Rejected, SDK),
    row(10022, FREQUENT, SDK),
    row(10023, FREQUENT, SDK),
    row(10024, FREQUENT, SDK),
    row(10025, Verdict::Rejected, SDK),
    row(10026, Verdict::Credential, SDK),
    row(10027, FREQUENT, CODES_PAGE),
    row(10028, FREQUENT, SDK),
    row(ILLEGAL_DEVICE, SUSPECT, CODES_PAGE),
    row(10030, FREQUENT, CODES_PAGE),
    row(10031, Verdict::Credential, CODES_PAGE),
    row(10032, Verdict::Credential, CODES_PAGE),
    row(10033, Verdict::Credential, CODES_PAGE),
    row(10034, Verdict::QuotaUsedUp, CODES_PAGE),
    // queries of aliases and statistics only
    row(10035, Verdict::Rejected, CODES_PAGE),
    row(10036, Verdict::Credential, CODES_PAGE),
    row(10037, Verdict::Unavailable, CODES_PAGE),
    row(10038, Verdict::Credential, CODES_PAGE),
    row(10039, FREQUENT, CODES_PAGE),
    row(20209, Verdict::Rejected, CODES_PAGE),
    row(20215, Verdict::Unavailable, CODES_PAGE),
    row(20216, Verdict::Unavailable, CODES_PAGE),
    row(SEND_FAILED, SUSPECT, CODES_PAGE),
    row(20315, Verdict::Unavailable, CODES_PAGE),
    row(20607, Verdict::Unavailable, CODES_PAGE),
    row(21301, Verdict::Credential, CODES_PAGE),
    row(21302, Verdict::Credential, CODES_PAGE),
    row(21303, Verdict::Credential, CODES_PAGE),
    row(21305, Verdict::Rejected, CODES_PAGE),
    row(22000, Verdict::Credential, CODES_PAGE),
    row(22001, Verdict::Credential, CODES_PAGE),
    row(22002, Verdict::Credential, CODES_PAGE),
    row(22003, Verdict::Credential, CODES_PAGE),
    row(22004, Verdict::Credential, CODES_PAGE),
    row(22005, Verdict::Credential, CODES_PAGE),
    row(22006, Verdict::Credential, CODES_PAGE),
    row(22007, Verdict::Credential, CODES_PAGE),
    row(22008, Verdict::Credential, CODES_PAGE),
    row(22020, Verdict::Credential, CODES_PAGE),
    row(22021, Verdict::Credential, CODES_PAGE),
    // the package is not one of the secret's
    row(22022, Verdict::Credential, CODES_PAGE),
    row(22100, Verdict::Rejected, SDK),
    row(22101, FREQUENT, SDK),
    row(22102, Verdict::Unclear, CODES_PAGE),
    row(22103, Verdict::Rejected, SDK),
    row(26003, Verdict::Unavailable, CODES_PAGE),
    row(26004, FREQUENT, CODES_PAGE),
    row(26005, FREQUENT, CODES_PAGE),
    row(26006, Verdict::Rejected, CODES_PAGE),
    // the channel, which a single message may have chosen: other messages are not concerned
    row(27001, Verdict::Rejected, CODES_PAGE),
    // unknown, or only offline
    row(65003, Verdict::Rejected, CODES_PAGE),
    row(65006, Verdict::Rejected, CODES_PAGE),
    row(65007, Verdict::Rejected, CODES_PAGE),
    row(65008, Verdict::Rejected, CODES_PAGE),
    row(65009, Verdict::Rejected, CODES_PAGE),
    row(65010, Verdict::Rejected, CODES_PAGE),
    row(65011, Verdict::Rejected, CODES_PAGE),
    row(65012, Verdict::Rejected, CODES_PAGE),
    row(65013, Verdict::Rejected, CODES_PAGE),
    row(65014, Verdict::Rejected, CODES_PAGE),
    row(65015, Verdict::Rejected, CODES_PAGE),
    row(65016, Verdict::Rejected, CODES_PAGE),
    row(65017, Verdict::Rejected, CODES_PAGE),
    row(65028, Verdict::Rejected, CODES_PAGE),
    row(65029, Verdict::Unavailable, CODES_PAGE),
    row(65030, Verdict::Rejected, CODES_PAGE),
    row(65035, Verdict::Rejected, CODES_PAGE),
    row(65036, Verdict::Rejected, CODES_PAGE),
    row(65037, Verdict::Rejected, CODES_PAGE),
    row(65038, Verdict::Rejected, CODES_PAGE),
    row(65040, Verdict::Unavailable, CODES_PAGE),
    row(65041, Verdict::Rejected, CODES_PAGE),
    // the package is not that of the token
    row(66108, Verdict::CredentialOrToken, REPORTS),
    row(200_001, Verdict::QuotaUsedUp, LIMITS),
    row(200_002, QPS, LIMITS),
];

/// HTTP statuses of answers that say nothing else.
pub(super) const HTTP_STATUSES: &[Row<u16>] = &[
    row(401, Verdict::Credential, HTTP),
    row(403, Verdict::Credential, HTTP),
    row(429, FREQUENT, HTTP),
    row(500, Verdict::Unavailable, SDK),
    row(502, Verdict::Unavailable, SDK),
    row(503, Verdict::Unavailable, SDK),
    row(504, Verdict::Unavailable, SDK),
];

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
    let answer = serde_json::from_slice::<Answer>(&reply.body).ok();
    let code = answer.as_ref().and_then(|answer| number(&answer.code));
    let (Some(answer), Some(code)) = (answer, code) else {
        return Err(by_status(reply));
    };
    match code {
        SUCCESS if reply.status == 200 && answer.result != "error" => Ok(Judged::Each(each(&answer.data, tokens))),
        SEND_FAILED | ILLEGAL_DEVICE | BODY_TOO_LONG if reply.status < 500 => Ok(Judged::NoneTaken(code)),
        // a code that the rest of the answer contradicts
        SUCCESS | SEND_FAILED | ILLEGAL_DEVICE | BODY_TOO_LONG => Err(by_status(reply)),
        code => {
            let verdict = look_up(CODES, &code).or_else(|| look_up(HTTP_STATUSES, &reply.status));
            let verdict = verdict.unwrap_or(Verdict::Rejected);
            let hint = match verdict {
                Verdict::QuotaUsedUp => Some(until_hour(0, now)),
                _ => reply.retry_after,
            };
            Err(verdict.of_request(code.to_string(), hint))
        }
    }
}

fn by_status(reply: &Reply) -> Refusal {
    let code = format!("HTTP {}", reply.status);
    match look_up(HTTP_STATUSES, &reply.status) {
        Some(verdict) => verdict.of_request(code, reply.retry_after),
        None if reply.status >= 500 => Verdict::Unavailable.of_request(code, reply.retry_after),
        // the server SDK calls all others its caller's fault
        None if reply.status >= 400 => Verdict::Rejected.of_request(code, None),
        None => Refusal::Failed(CallError::Protocol { code }),
    }
}

/// What [`Judged::NoneTaken`] means once no smaller request will follow: a doubt about a single token, and for several a
/// refusal, for the code does not say which of them it means.
pub(super) fn none_taken(code: i64, tokens: usize) -> Result<Vec<Outcome>, CallError> {
    let verdict = look_up(CODES, &code).unwrap_or(Verdict::Rejected);
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

/// The tokens that a success names are dead, the others accepted. An answer that contradicts the request is believed in
/// nothing: its tokens are refused, because those that were accepted must not be told twice.
fn each(data: &Value, tokens: &[DeviceToken]) -> Vec<Outcome> {
    let code = BAD_REGIDS.to_owned();
    let Some(bad) = bad_regids(data, tokens) else {
        return vec![Outcome::Refused { code }; tokens.len()];
    };
    let id = data["id"].as_str().filter(|id| !id.is_empty()).map(str::to_owned);
    let outcome = |token: &DeviceToken| {
        if bad.contains(token.expose()) {
            Outcome::Unregistered { code: code.clone(), certain: true }
        } else {
            Outcome::Accepted { vendor_message_id: id.clone() }
        }
    };
    tokens.iter().map(outcome).collect()
}

/// The tokens that failed, as one text with commas; the name has been seen in two spellings
/// (<https://github.com/modood/pushapi>).
fn bad_regids<'a>(data: &'a Value, tokens: &[DeviceToken]) -> Option<HashSet<&'a str>> {
    let Some(listed) = [&data["bad_regids"], &data["bad_regIds"]].into_iter().find(|listed| !listed.is_null()) else {
        return Some(HashSet::new());
    };
    let named: HashSet<&str> = listed.as_str()?.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let known = tokens.iter().filter(|token| named.contains(token.expose())).count();
    (known == named.len()).then_some(named)
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

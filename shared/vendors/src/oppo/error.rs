//! OPPO's results and what they mean. Business results come with status 200, and the body's code decides; other statuses
//! come from servers on the way and say nothing of a token.
//!
//! A token is unregistered when its own result does it: that of a message for it alone, or its element in a batch's answer.

use std::{collections::HashMap, mem::discriminant, time::Duration};

use serde_json::Value;
use shared::domain::{
    binding::DeviceToken,
    outcome::{CallError, Outcome},
};

use super::{
    registration_id::{belongs, well_formed},
    rules::Region,
    wire::{Answer, BatchAnswer, Element},
};
use crate::{
    access_token::oauth,
    reporting::{Refusal, Row, Verdict, look_up, of_token},
    transport::Reply,
};

const CODES_PAGE: &str = "https://open.oppomobile.com/documentation/page/info?id=11235";
/// The vendor's server SDK, whose table is longer.
const SDK: &str = "https://github.com/JasperXgwang/ups-oppo-push-java-sdk";
const OCTO: &str = "https://github.com/Mininglamp-OSS/octo-server";
const RFC_6585: &str = "https://www.rfc-editor.org/rfc/rfc6585#section-4";

const SUCCESS: i64 = 0;
/// The same `app_message_id` went to this token before.
pub(super) const DUPLICATE: i64 = 32;
/// One of the arguments is invalid; a malformed registration id has been seen to cause it.
pub(super) const INVALID_ARGUMENT: &str = "41";
const INVALID_ARGUMENT_CODE: i64 = 41;
const INVALID_TOKEN: i64 = 10_000;

/// Limits count by the second.
const FLOW: Verdict = Verdict::RateLimited { advice: Some(Duration::from_secs(1)) };

const fn row<K>(key: K, verdict: Verdict, source: &'static str) -> Row<K> {
    Row { key, verdict, meaning: "", source }
}

/// `code` of an answer and `errorCode` of an element.
pub(super) const CODES: &[Row<i64>] = &[
    row(-1, Verdict::Unavailable, SDK),
    row(-2, FLOW, SDK),
    row(11, Verdict::Expired, CODES_PAGE),
    row(12, Verdict::Rejected, CODES_PAGE),
    row(13, FLOW, CODES_PAGE),
    row(14, Verdict::Credential, CODES_PAGE),
    row(15, Verdict::Credential, CODES_PAGE),
    row(16, Verdict::Credential, CODES_PAGE),
    row(17, Verdict::Credential, CODES_PAGE),
    row(18, Verdict::Credential, CODES_PAGE),
    // our clock is off: the operator's secret is as good as before
    row(19, Verdict::Unavailable, CODES_PAGE),
    row(20, Verdict::Rejected, CODES_PAGE),
    row(21, Verdict::Rejected, CODES_PAGE),
    row(22, Verdict::Rejected, CODES_PAGE),
    row(23, Verdict::Rejected, CODES_PAGE),
    row(24, Verdict::Rejected, CODES_PAGE),
    row(25, Verdict::Rejected, CODES_PAGE),
    row(26, Verdict::Credential, CODES_PAGE),
    row(27, Verdict::Credential, CODES_PAGE),
    row(28, Verdict::Credential, CODES_PAGE),
    row(29, Verdict::Expired, CODES_PAGE),
    row(30, Verdict::Credential, CODES_PAGE),
    row(31, Verdict::Rejected, CODES_PAGE),
    // see `Judge`
    row(DUPLICATE, Verdict::Rejected, CODES_PAGE),
    // messages of public categories only
    row(33, Verdict::QuotaUsedUp, CODES_PAGE),
    // pictures, which are never sent
    row(34, Verdict::Rejected, SDK),
    row(40, Verdict::Rejected, CODES_PAGE),
    row(INVALID_ARGUMENT_CODE, Verdict::Rejected, CODES_PAGE),
    row(51, Verdict::Rejected, CODES_PAGE),
    row(54, Verdict::Rejected, OCTO),
    row(55, FLOW, CODES_PAGE),
    row(59, Verdict::Rejected, CODES_PAGE),
    // the category, or its level, was not granted to the app
    row(67, Verdict::Rejected, CODES_PAGE),
    row(INVALID_TOKEN, Verdict::Unregistered { certain: true }, CODES_PAGE),
    // unsubscribed, or push switched off: the app binds again when it registers again
    row(10_001, Verdict::Unregistered { certain: true }, SDK),
    // aliases, which are never addressed
    row(10_002, Verdict::Rejected, SDK),
    row(10_003, Verdict::Rejected, SDK),
    // repeated within a call, which names no token twice
    row(10_004, Verdict::Rejected, SDK),
    row(10_005, Verdict::Rejected, SDK),
];

/// HTTP statuses of answers without a code.
pub(super) const HTTP_STATUSES: &[Row<u16>] = &[row(429, FLOW, RFC_6585), row(503, Verdict::Unavailable, SDK)];

/// Judges the answers of one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judge {
    /// where the requests go
    pub(super) region: Region,
    /// whether the messages have an `app_message_id`, so that "duplicate" can only mean that one was taken before
    pub(super) deduplicated: bool,
    /// until the daily quota resets
    pub(super) quota_lasts: Duration,
}

impl Judge {
    /// What the answer to a message for one token says of it.
    pub(super) fn single(&self, reply: &Reply, token: &DeviceToken) -> Result<Outcome, Refusal> {
        let answer = serde_json::from_slice::<Answer>(&reply.body).ok().filter(|_| reply.status == 200);
        let code = answer.as_ref().and_then(|answer| number(&answer.code));
        match (code, answer) {
            (Some(SUCCESS), Some(answer)) => Ok(accepted(&answer.data["messageId"])),
            (Some(code), Some(_)) => self.of_token(code, token, reply.retry_after),
            _ => Err(self.of_request(reply)),
        }
    }

    /// What the answer to a batch says of its tokens; nothing of those that it does not name, or that it contradicts
    /// itself about.
    pub(super) fn batch(&self, reply: &Reply, tokens: &[DeviceToken]) -> Result<Vec<Option<Outcome>>, Refusal> {
        let answer = serde_json::from_slice::<BatchAnswer<'_>>(&reply.body).ok().filter(|_| reply.status == 200);
        let Some(answer) = answer.filter(|answer| number(&answer.code) == Some(SUCCESS)) else {
            return Err(self.of_request(reply));
        };
        let places: HashMap<&str, usize> = tokens.iter().enumerate().map(|(at, token)| (token.expose(), at)).collect();
        let mut said: Vec<Option<Outcome>> = vec![None; tokens.len()];
        let mut contradicted = Vec::new();
        for element in &answer.data {
            let Some(&place) = places.get(&*element.registration_id) else { continue };
            let outcome = self.element(element, &tokens[place]);
            match (&said[place], &outcome) {
                (None, _) => said[place] = outcome,
                (Some(known), Some(outcome)) if discriminant(known) == discriminant(outcome) => {}
                _ => contradicted.push(place),
            }
        }
        for place in contradicted {
            said[place] = None;
        }
        if said.iter().all(Option::is_none) {
            return Err(CallError::Protocol { code: "no token answered".to_owned() }.into());
        }
        Ok(said)
    }

    fn element(&self, element: &Element<'_>, token: &DeviceToken) -> Option<Outcome> {
        let code = match &element.error_code {
            Value::Null => SUCCESS,
            code => number(code)?,
        };
        if code == SUCCESS {
            return Some(accepted(&element.message_id));
        }
        Some(self.of_token(code, token, None).unwrap_or_else(|refusal| of_token(refusal.last())))
    }

    fn of_token(&self, code: i64, token: &DeviceToken, hint: Option<Duration>) -> Result<Outcome, Refusal> {
        let name = code.to_string();
        match code {
            DUPLICATE if self.deduplicated => Ok(accepted(&Value::Null)),
            INVALID_ARGUMENT_CODE if !well_formed(token) => Ok(suspect(&name)),
            INVALID_TOKEN if !belongs(token, self.region) => Ok(suspect(&name)),
            _ => verdict(code).of_token(name, self.hint(code, hint)),
        }
    }

    /// What an answer says of a whole request.
    fn of_request(&self, reply: &Reply) -> Refusal {
        match code(reply) {
            // some message of the batch was taken before, and which of them is not said
            Some(DUPLICATE) if self.deduplicated => CallError::Ambiguous { code: DUPLICATE.to_string() }.into(),
            Some(code) if code != SUCCESS => {
                verdict(code).of_request(code.to_string(), self.hint(code, reply.retry_after))
            }
            _ => by_status(reply, ""),
        }
    }

    fn hint(&self, code: i64, hint: Option<Duration>) -> Option<Duration> {
        if verdict(code) == Verdict::QuotaUsedUp { Some(self.quota_lasts) } else { hint }
    }
}

/// The code of an answer that has one. A status of 500 or more contradicts every code.
pub(super) fn code(reply: &Reply) -> Option<i64> {
    let answer: Answer = serde_json::from_slice(&reply.body).ok().filter(|_| reply.status < 500)?;
    number(&answer.code)
}

/// A number, or a string that holds one.
pub(super) fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// A token that its shape or region speaks against; a wrong configuration could do so as well.
pub(super) fn suspect(code: &str) -> Outcome {
    Outcome::Unregistered { code: code.to_owned(), certain: false }
}

/// A token that OPPO does not speak of, even when asked again.
pub(super) fn unanswered() -> Outcome {
    Outcome::Refused { code: "unanswered".to_owned() }
}

fn verdict(code: i64) -> Verdict {
    look_up(CODES, &code).unwrap_or(Verdict::Rejected)
}

fn accepted(message_id: &Value) -> Outcome {
    Outcome::Accepted { vendor_message_id: message_id.as_str().filter(|id| !id.is_empty()).map(str::to_owned) }
}

fn by_status(reply: &Reply, prefix: &str) -> Refusal {
    let code = format!("{prefix}HTTP {}", reply.status);
    match look_up(HTTP_STATUSES, &reply.status) {
        Some(verdict) => verdict.of_request(code, reply.retry_after),
        None if reply.status >= 500 => Verdict::Unavailable.of_request(code, reply.retry_after),
        None => CallError::Protocol { code }.into(),
    }
}

/// Why the token endpoint gave no token.
pub(super) fn of_token_request(reply: &Reply) -> CallError {
    let refusal = match code(reply) {
        Some(code) if code != SUCCESS => verdict(code).of_request(format!("{}{code}", oauth::CODE), reply.retry_after),
        _ => by_status(reply, oauth::CODE),
    };
    refusal.last()
}

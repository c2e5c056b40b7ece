//! What OPPO's answers mean. Business results come with status 200, and the body's code decides; other statuses come from
//! servers on the way and say nothing of a token.
//!
//! A token is unregistered when its own result does it: that of a message for it alone, or its element in a batch's answer.

use std::{cell::OnceCell, mem::discriminant};

use super::{
    codes::{ANSWERS, DUPLICATE, INVALID_ARGUMENT, INVALID_TOKEN, SUCCESS, TOKEN_ENDPOINT},
    registration_id::{belongs, well_formed},
    rules::{Account, Region},
    wire::{BatchResponse, Element, SendResponse},
};
use crate::prelude::*;

/// Our name for what an answer does not say of a token.
pub(super) const UNANSWERED: &str = "unanswered";

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
    pub(super) fn new(account: &Account, deduplicated: bool, now: Timestamp) -> Self {
        Self { region: account.region, deduplicated, quota_lasts: until_hour(0, now) }
    }

    /// What the answer to a message for one token says of it.
    pub(super) fn single(&self, reply: &Reply, token: &DeviceToken) -> Result<Outcome, Refusal> {
        let answer = serde_json::from_slice::<SendResponse>(&reply.body).ok().filter(|_| reply.status == 200);
        let code = answer.as_ref().and_then(|answer| number(&answer.code));
        match (code, answer) {
            (Some(SUCCESS), Some(answer)) => Ok(accepted(answer.data["messageId"].clone())),
            (Some(code), Some(_)) => self.of_token(code, token, reply.retry_after),
            _ => Err(self.of_request(reply)),
        }
    }

    /// What the answer to a batch says of its tokens; nothing of those that it does not name, or that it contradicts
    /// itself about.
    pub(super) fn batch(&self, reply: &Reply, tokens: &[DeviceToken]) -> Result<Vec<Option<Outcome>>, Refusal> {
        // A text that is checked once is read faster than bytes.
        let answer = match str::from_utf8(&reply.body) {
            Ok(text) => serde_json::from_str::<BatchResponse<'_>>(text),
            Err(_) => serde_json::from_slice(&reply.body),
        };
        let answer = answer.ok().filter(|_| reply.status == 200);
        let Some(answer) = answer.filter(|answer| number(&answer.code) == Some(SUCCESS)) else {
            return Err(self.of_request(reply));
        };
        let places = Places::of(tokens);
        let mut said: Vec<Option<Outcome>> = vec![None; tokens.len()];
        let mut contradicted = Vec::new();
        for (at, element) in answer.data.into_iter().enumerate() {
            let Some(place) = places.find(&element.registration_id, at) else { continue };
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

    fn element(&self, element: Element<'_>, token: &DeviceToken) -> Option<Outcome> {
        let code = match &element.error_code {
            Value::Null => SUCCESS,
            code => number(code)?,
        };
        if code == SUCCESS {
            return Some(accepted(element.message_id));
        }
        Some(self.of_token(code, token, None).unwrap_or_else(|refusal| of_token(refusal.last())))
    }

    fn of_token(&self, code: i64, token: &DeviceToken, hint: Option<Duration>) -> Result<Outcome, Refusal> {
        let name = code.to_string();
        match code {
            DUPLICATE if self.deduplicated => Ok(accepted(Value::Null)),
            INVALID_ARGUMENT if !well_formed(token) => Ok(suspect(&name)),
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
            _ => ANSWERS.by_status(reply),
        }
    }

    fn hint(&self, code: i64, hint: Option<Duration>) -> Option<Duration> {
        if verdict(code) == Verdict::QuotaUsedUp { Some(self.quota_lasts) } else { hint }
    }
}

/// Where each token of a request stands.
struct Places<'a> {
    tokens: &'a [DeviceToken],
    by_token: OnceCell<HashMap<&'a str, usize>>,
}

impl<'a> Places<'a> {
    fn of(tokens: &'a [DeviceToken]) -> Self {
        Self { tokens, by_token: OnceCell::new() }
    }

    /// Returns the place of a token that the answer names at `at`. OPPO names them in the order of the request, so the others
    /// are seldom looked at.
    fn find(&self, token: &str, at: usize) -> Option<usize> {
        if self.tokens.get(at).is_some_and(|own| own.expose() == token) {
            return Some(at);
        }
        let placed = || self.tokens.iter().enumerate().map(|(at, token)| (token.expose(), at)).collect();
        self.by_token.get_or_init(placed).get(token).copied()
    }
}

/// The code of an answer that has one. A status of 500 or more contradicts every code.
pub(super) fn code(reply: &Reply) -> Option<i64> {
    let answer: SendResponse = serde_json::from_slice(&reply.body).ok().filter(|_| reply.status < 500)?;
    number(&answer.code)
}

/// A token that its shape or region speaks against; a wrong configuration could do so as well.
pub(super) fn suspect(code: &str) -> Outcome {
    Outcome::Unregistered { code: code.to_owned(), certain: false }
}

/// A token that OPPO does not speak of, even when asked again.
pub(super) fn unanswered() -> Outcome {
    Outcome::Refused { code: UNANSWERED.to_owned() }
}

/// The verdict on a code, whatever the status beside it.
fn verdict(code: i64) -> Verdict {
    ANSWERS.verdict(&code, 200)
}

/// Why the token endpoint gave no token.
pub(super) fn of_token_request(reply: &Reply) -> CallError {
    let refusal = match code(reply) {
        Some(code) if code != SUCCESS => verdict(code).of_request(format!("{}{code}", oauth::CODE), reply.retry_after),
        _ => TOKEN_ENDPOINT.by_status(reply),
    };
    refusal.last()
}

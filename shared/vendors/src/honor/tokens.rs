//! What an answer says of single tokens. A token is unregistered when the answer names it as expired, and only suspect when
//! the answer accepts no other.

use super::wire::{Data, SendResponse};
use crate::{
    hms::partial::{PartialSuccess, counts_agree},
    prelude::*,
};

/// Our names for what an answer says of a token.
const EXPIRED: &str = "expireTokens";
const FAILED: &str = "failTokens";
const NOT_SENT: &str = "sendResult false";
const UNCLEAR: &str = "unclear result";

/// All of them.
pub(super) const WORDS: &[&str] = &[EXPIRED, FAILED, NOT_SENT, UNCLEAR];

/// Returns whether an outcome is "failed, no reason given", which may be asked for once more.
pub(super) fn failed(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Refused { code } if code == FAILED)
}

impl Data {
    /// Returns the outcomes of the tokens; those that are not named get `other`.
    fn outcomes(&self, tokens: &[DeviceToken], other: &Outcome, certain: bool) -> Vec<Outcome> {
        let expired = Outcome::Unregistered { code: EXPIRED.to_owned(), certain };
        let failed = self.fail_tokens.iter().flatten().map(|token| (token.as_str(), refused(FAILED)));
        let expired = self.expire_tokens.iter().flatten().map(|token| (token.as_str(), expired.clone()));
        of_named(tokens, Some(failed.chain(expired).collect()), other, UNCLEAR)
    }
}

/// Returns the outcomes that a success gives the tokens of its request.
pub(super) fn each(data: Value, tokens: &[DeviceToken]) -> Vec<Outcome> {
    let data = serde_json::from_value::<Data>(data).ok();
    let Some((sent, data)) = data.and_then(|data| Some((data.send_result?, data))) else {
        return unclear(tokens);
    };
    let other = if sent { Outcome::Accepted { vendor_message_id: text(&data.request_id) } } else { refused(NOT_SENT) };
    let outcomes = data.outcomes(tokens, &other, true);
    // When nobody else was accepted, the tokens may well be good and of another app.
    if outcomes.contains(&other) && sent { outcomes } else { data.outcomes(tokens, &other, false) }
}

/// Huawei's partial success. Nobody has shown it of Honor, so a token that it calls unregistered is suspect.
pub(super) fn partial(answer: SendResponse, tokens: &[DeviceToken]) -> Vec<Outcome> {
    let mut data = serde_json::from_value::<Data>(answer.data).unwrap_or_default();
    if let Some(PartialSuccess { success, failure, illegal_tokens }) = PartialSuccess::read(&answer.message) {
        if !counts_agree(success, failure, illegal_tokens.len(), tokens) {
            return unclear(tokens);
        }
        data.expire_tokens.get_or_insert_default().extend(illegal_tokens);
    }
    if data.expire_tokens.iter().chain(&data.fail_tokens).flatten().next().is_none() {
        return unclear(tokens);
    }
    data.outcomes(tokens, &Outcome::Accepted { vendor_message_id: text(&data.request_id) }, false)
}

fn refused(code: &str) -> Outcome {
    Outcome::Refused { code: code.to_owned() }
}

/// Refused, because those that were accepted must not be told twice.
fn unclear(tokens: &[DeviceToken]) -> Vec<Outcome> {
    vec![refused(UNCLEAR); tokens.len()]
}

/// The longest code or id that is one.
pub(super) const MAX_TEXT: usize = 64;

/// Returns a code or an id, whether it is a string or a number.
pub(super) fn text(value: &Value) -> Option<String> {
    word(Some(value)).filter(|text| text.len() <= MAX_TEXT)
}

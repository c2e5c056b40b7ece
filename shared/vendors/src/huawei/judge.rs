//! What Huawei's answers mean. The body's code decides, whatever the HTTP status; the status only where the body says
//! nothing, and 503, which is flow control with any body.
//!
//! A token is unregistered when the answer names it. It is suspect when the answer calls all tokens of a small request
//! invalid.

use super::{
    codes::{ALL_INVALID, MESSAGES, PARTIAL, SUCCESS, TOKEN_ENDPOINT},
    wire::{SendResponse, TokenError},
};
use crate::{
    hms::partial::{PartialSuccess, counts_agree},
    prelude::*,
};

/// What an answer says of the tokens of its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judged {
    /// an outcome for each, in their order
    Each(Vec<Outcome>),
    /// none is valid
    AllInvalid,
}

/// An answer that refuses no request as a whole.
pub(super) enum Told {
    /// every token is taken
    Taken(Outcome),
    /// some tokens are not taken, `msg` says which; the others have this outcome
    Partly { msg: Value, others: Outcome },
    /// no token is valid, `msg` may say more
    Invalid { msg: Value },
}

/// Returns what the answer of any interface says.
pub(super) fn told(reply: &Reply) -> Result<Told, Refusal> {
    let by_status = || MESSAGES.by_status(reply);
    let SendResponse { code, msg, request_id } = serde_json::from_slice(&reply.body).map_err(|_| by_status())?;
    let code = word(Some(&code)).filter(|_| reply.status != 503).ok_or_else(by_status)?;
    let accepted = Outcome::Accepted { vendor_message_id: word(Some(&request_id)) };
    match code.as_str() {
        SUCCESS if reply.status == 200 => Ok(Told::Taken(accepted)),
        PARTIAL if reply.status < 500 => Ok(Told::Partly { msg, others: accepted }),
        ALL_INVALID if reply.status < 500 => Ok(Told::Invalid { msg }),
        // a code that the status contradicts
        SUCCESS | PARTIAL | ALL_INVALID => Err(by_status()),
        code => Err(MESSAGES.by_code(code, reply)),
    }
}

/// Returns what the answer to a request with these tokens of Android devices says of them.
pub(super) fn judge(reply: &Reply, tokens: &[DeviceToken]) -> Result<Judged, Refusal> {
    Ok(match told(reply)? {
        Told::Taken(accepted) => Judged::Each(vec![accepted; tokens.len()]),
        Told::Partly { msg, others } => Judged::Each(partial(&msg, tokens, &others)),
        Told::Invalid { .. } => Judged::AllInvalid,
    })
}

/// The tokens that the answer names are unregistered, the others accepted, unless the answer contradicts itself.
fn partial(msg: &Value, tokens: &[DeviceToken], others: &Outcome) -> Vec<Outcome> {
    let unregistered = |token| (token, Outcome::Unregistered { code: PARTIAL.to_owned(), certain: true });
    let failed = PartialSuccess::read(msg).and_then(|PartialSuccess { success, failure, illegal_tokens }| {
        let failed: HashMap<_, _> = illegal_tokens.into_iter().map(unregistered).collect();
        counts_agree(success, failure, failed.len(), tokens).then_some(failed)
    });
    of_named(tokens, failed, others, PARTIAL)
}

/// Returns why the token endpoint gave no token.
pub(super) fn of_token_request(reply: &Reply) -> CallError {
    let refused = serde_json::from_slice::<TokenError>(&reply.body).ok().filter(|_| reply.status != 503);
    let refusal = match refused {
        Some(TokenError { error, sub_error }) => TOKEN_ENDPOINT
            .verdict(&(error, sub_error), reply.status)
            .of_request(format!("{}{error}/{sub_error}", oauth::CODE), reply.retry_after),
        None => TOKEN_ENDPOINT.by_status(reply),
    };
    refusal.last()
}

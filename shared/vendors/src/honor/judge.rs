//! What Honor's answers mean. The body's code decides, whatever the HTTP status; the status only where the body says
//! nothing, or contradicts it. An operator's corrections beat the tables.

use super::{
    auth::REST,
    codes::{CODES, MESSAGES, PARTIAL, SUCCESS, TOKEN_ENDPOINT, TOO_MANY},
    rules::{Corrections, correction},
    tokens::{MAX_TEXT, each, partial, text},
    wire::{SendResponse, TokenError},
};
use crate::prelude::*;

/// What an answer says of the tokens of its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judged {
    /// an outcome for each, in their order
    Each(Vec<Outcome>),
    /// they are more than a request may carry
    TooMany {
        /// the vendor's code
        code: String,
    },
}

/// Returns what the answer to a request with these tokens says of them.
pub(super) fn judge(reply: &Reply, tokens: &[DeviceToken], corrections: &Corrections) -> Result<Judged, Refusal> {
    let by_status = || by_status(reply, corrections);
    let answer: SendResponse = serde_json::from_slice(&reply.body).map_err(|_| by_status())?;
    let code = text(&answer.code).ok_or_else(by_status)?;
    let corrected = correction(corrections, &code);
    match (corrected, code.as_str()) {
        (None, known) if SUCCESS.contains(&known) && reply.status == 200 => Ok(Judged::Each(each(answer.data, tokens))),
        (None, PARTIAL) if reply.status < 500 => Ok(Judged::Each(partial(answer, tokens))),
        // a code that the status contradicts
        (None, known) if SUCCESS.contains(&known) || known == PARTIAL => Err(by_status()),
        (None, _) if tokens.len() > 1 && reply.status < 500 && too_many(&code, &answer.message) => {
            Ok(Judged::TooMany { code })
        }
        _ => match listed(&code, corrections).or_else(|| of_status(reply, corrections)).unwrap_or(Verdict::Rejected) {
            Verdict::Unregistered { .. } if reply.status >= 500 => Err(by_status()),
            // an answer that names no token is never certain of one
            Verdict::Unregistered { .. } => {
                Ok(Judged::Each(vec![Outcome::Unregistered { code, certain: false }; tokens.len()]))
            }
            verdict => Err(verdict.of_request(code, reply.retry_after)),
        },
    }
}

fn by_status(reply: &Reply, corrections: &Corrections) -> Refusal {
    match of_status(reply, corrections) {
        Some(verdict) => verdict.of_request(format!("HTTP {}", reply.status), reply.retry_after),
        None => MESSAGES.by_status(reply),
    }
}

fn of_status(reply: &Reply, corrections: &Corrections) -> Option<Verdict> {
    listed(&reply.status.to_string(), corrections)
}

fn listed(code: &str, corrections: &Corrections) -> Option<Verdict> {
    correction(corrections, code).or_else(|| look_up(CODES, code))
}

/// The most tokens of a request are not published, and neither is how Honor says that there are more: by Huawei's code, or
/// in words.
fn too_many(code: &str, message: &Value) -> bool {
    let message = message.as_str().unwrap_or_default().to_ascii_lowercase();
    let says = |word: &str| message.contains(word);
    code == TOO_MANY || code == "400" && says("token") && (says("exceed") || says("too many") || says("maximum"))
}

/// Returns why the token endpoint gave no token. It is left alone for a while after a failure that may pass.
pub(super) fn of_token_request(reply: &Reply) -> CallError {
    let refused = serde_json::from_slice::<TokenError>(&reply.body).ok();
    let refused =
        refused.filter(|refused| reply.status != 429 && reply.status < 500 && refused.error.len() <= MAX_TEXT);
    let refusal = match refused {
        Some(TokenError { error }) => TOKEN_ENDPOINT
            .verdict(error.as_str(), reply.status)
            .of_request(format!("{}{error}{}", oauth::CODE, hint(&error)), None),
        None => {
            let retry_after = reply.retry_after.or(Some(REST));
            TOKEN_ENDPOINT.by_status(&Reply { retry_after, ..reply.clone() })
        }
    };
    refusal.last()
}

/// The App Secret is often taken for the Client Secret.
fn hint(error: &str) -> &'static str {
    match error {
        "invalid_client" => " (wanted are Client ID and Client Secret, not App ID and App Secret)",
        _ => "",
    }
}

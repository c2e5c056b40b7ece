//! What FCM's answers mean. The body decides, the HTTP status only where the body says nothing.
//!
//! A token is unregistered by FCM's own `UNREGISTERED`, or by a complaint about the token itself, under a 4xx status; never by
//! a bare "not found", which a wrong project id causes as well.

use super::{
    codes::{BY_API_STATUS, BY_FCM_CODE, INVALID_TOKEN, TOKEN_ENDPOINT},
    wire::{SendResponse, TokenError},
};
use crate::prelude::*;

/// What the answer to one message says of its token.
pub(super) fn judge(reply: &Reply) -> Result<Outcome, Refusal> {
    match serde_json::from_slice(&reply.body) {
        Ok(SendResponse { name: Some(name), error: None }) if reply.status == 200 => {
            Ok(Outcome::Accepted { vendor_message_id: Some(name).filter(|name| !name.is_empty()) })
        }
        Ok(SendResponse { name: None, error: Some(error) }) => by_error(&error, reply),
        _ => Err(BY_FCM_CODE.by_status(reply)),
    }
}

fn by_error(error: &Value, reply: &Reply) -> Result<Outcome, Refusal> {
    let (classifier, code) = match (fcm_code(error), error["status"].as_str()) {
        (Some(code), _) => (&BY_FCM_CODE, code),
        (None, Some(status)) => (&BY_API_STATUS, status),
        (None, None) => return Err(BY_FCM_CODE.by_status(reply)),
    };
    let code = if code == "INVALID_ARGUMENT" && blames_token(error) { INVALID_TOKEN } else { code };
    let verdict = classifier.verdict(code, reply.status);
    if matches!(verdict, Verdict::Unregistered { .. }) && !(400..500).contains(&reply.status) {
        return Err(classifier.by_status(reply));
    }
    verdict.of_token(code.to_owned(), reply.retry_after)
}

fn fcm_code(error: &Value) -> Option<&str> {
    details(error, "FcmError").find_map(|detail| detail["errorCode"].as_str())
}

fn blames_token(error: &Value) -> bool {
    let violated = details(error, "BadRequest")
        .filter_map(|detail| detail["fieldViolations"].as_array())
        .flatten()
        .any(|violation| violation["field"] == "message.token");
    let message = error["message"].as_str().unwrap_or_default();
    violated || message.contains("registration token is not a valid")
}

/// The details of a kind; they come in any order, or not at all.
fn details<'a>(error: &'a Value, kind: &'static str) -> impl Iterator<Item = &'a Value> {
    let details = error["details"].as_array().map_or(&[][..], Vec::as_slice);
    details.iter().filter(move |detail| detail["@type"].as_str().is_some_and(|of| of.rsplit('.').next() == Some(kind)))
}

/// Returns why the token endpoint gave no token.
pub(super) fn of_token_request(reply: &Reply) -> CallError {
    let refused = serde_json::from_slice::<TokenError>(&reply.body).ok();
    let refusal = match refused.filter(|_| reply.status != 429 && reply.status < 500) {
        Some(TokenError { error }) => TOKEN_ENDPOINT.by_code(error.as_str(), reply),
        None => TOKEN_ENDPOINT.by_status(reply),
    };
    refusal.last()
}

//! FCM's results and what they mean. The body decides, the HTTP status only where the body says nothing.
//!
//! A token is unregistered by FCM's own `UNREGISTERED`, or by a complaint about the token itself, under a 4xx status; never by
//! a bare "not found", which a wrong project id causes as well.

use std::time::Duration;

use serde_json::Value;

use super::wire::{Answer, TokenError};
use crate::{
    domain::outcome::{CallError, Outcome},
    vendors::{
        access_token::oauth,
        http::Reply,
        verdict::{Refusal, Row, Verdict, look_up},
    },
};

const ERROR_CODE: &str = "https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode";
const QUOTAS: &str = "https://firebase.google.com/docs/cloud-messaging/throttling-and-quotas";
const API_ERRORS: &str = "https://cloud.google.com/apis/design/errors";
const OLD_CODES: &str = "https://github.com/firebase/firebase-admin-node/blob/master/src/utils/error.ts";
const OAUTH_ERRORS: &str = "https://developers.google.com/identity/protocols/oauth2/service-account#error-codes";
const RETRIES: &str = "https://firebase.google.com/docs/cloud-messaging/scale-fcm#errors";

/// Google asks senders without a hint to begin with a minute.
const MINUTE: Verdict = Verdict::RateLimited { advice: Some(Duration::from_secs(60)) };
const DEAD: Verdict = Verdict::Unregistered { certain: true };
/// The token is of another project, or the credential is.
const MISMATCH: Verdict = Verdict::Unregistered { certain: false };

/// Our name for `INVALID_ARGUMENT` when the answer blames the token.
pub(super) const INVALID_TOKEN: &str = "INVALID_ARGUMENT message.token";

const fn row<K>(key: K, verdict: Verdict, source: &'static str) -> Row<K> {
    Row { key, verdict, source }
}

/// Codes of the `FcmError` detail, with those of older versions behind.
pub(super) const FCM_CODES: &[Row<&str>] = &[
    row("UNREGISTERED", DEAD, ERROR_CODE),
    row(INVALID_TOKEN, DEAD, ERROR_CODE),
    row("SENDER_ID_MISMATCH", MISMATCH, ERROR_CODE),
    row("INVALID_ARGUMENT", Verdict::Rejected, ERROR_CODE),
    row("QUOTA_EXCEEDED", MINUTE, QUOTAS),
    row("UNAVAILABLE", Verdict::Unavailable, ERROR_CODE),
    row("INTERNAL", Verdict::Unavailable, ERROR_CODE),
    // the project's APNs or web push key, which only tokens of such devices need
    row("THIRD_PARTY_AUTH_ERROR", Verdict::CredentialOrToken, ERROR_CODE),
    row("APNS_AUTH_ERROR", Verdict::CredentialOrToken, OLD_CODES),
    row("UNSPECIFIED_ERROR", Verdict::Rejected, ERROR_CODE),
    row("NotRegistered", DEAD, OLD_CODES),
    row("InvalidRegistration", DEAD, OLD_CODES),
    row("MismatchSenderId", MISMATCH, OLD_CODES),
    row("MessageTooBig", Verdict::Rejected, OLD_CODES),
    row("InvalidTtl", Verdict::Rejected, OLD_CODES),
    row("InvalidDataKey", Verdict::Rejected, OLD_CODES),
    row("InvalidPackageName", Verdict::Rejected, OLD_CODES),
    row("DeviceMessageRateExceeded", MINUTE, OLD_CODES),
    row("TopicsMessageRateExceeded", MINUTE, OLD_CODES),
];

/// `error.status` of an answer without that detail.
pub(super) const API_STATUSES: &[Row<&str>] = &[
    row("UNAUTHENTICATED", Verdict::Expired, API_ERRORS),
    // a role is missing; Google's own library takes it for a token of another sender
    row("PERMISSION_DENIED", Verdict::CredentialOrToken, API_ERRORS),
    // the project in the address does not exist, with no word about the token; the library takes it for an unregistered one
    row("NOT_FOUND", Verdict::CredentialOrToken, API_ERRORS),
    row(INVALID_TOKEN, DEAD, ERROR_CODE),
    row("INVALID_ARGUMENT", Verdict::Rejected, API_ERRORS),
    row("FAILED_PRECONDITION", Verdict::Rejected, API_ERRORS),
    row("RESOURCE_EXHAUSTED", MINUTE, QUOTAS),
    row("INTERNAL", Verdict::Unavailable, API_ERRORS),
    row("UNAVAILABLE", Verdict::Unavailable, API_ERRORS),
];

/// HTTP statuses of answers that say nothing else.
pub(super) const HTTP_STATUSES: &[Row<u16>] = &[
    row(401, Verdict::Expired, API_ERRORS),
    row(408, Verdict::Unavailable, RETRIES),
    row(413, Verdict::Rejected, API_ERRORS),
    row(429, MINUTE, QUOTAS),
    row(500, Verdict::Unavailable, RETRIES),
    row(502, Verdict::Unavailable, RETRIES),
    row(503, Verdict::Unavailable, RETRIES),
    row(504, Verdict::Unavailable, RETRIES),
];

/// `error` of the token endpoint.
pub(super) const TOKEN_CODES: &[Row<&str>] = &[
    row("invalid_grant", Verdict::Credential, OAUTH_ERRORS),
    row("invalid_client", Verdict::Credential, OAUTH_ERRORS),
    row("invalid_scope", Verdict::Credential, OAUTH_ERRORS),
    row("invalid_request", Verdict::Credential, OAUTH_ERRORS),
    row("unsupported_grant_type", Verdict::Credential, OAUTH_ERRORS),
    row("unauthorized_client", Verdict::Credential, OAUTH_ERRORS),
];

/// What the answer to one message says of its token.
pub(super) fn judge(reply: &Reply) -> Result<Outcome, Refusal> {
    match serde_json::from_slice(&reply.body) {
        Ok(Answer { name: Some(name), error: None }) if reply.status == 200 => {
            Ok(Outcome::Accepted { vendor_message_id: Some(name).filter(|name| !name.is_empty()) })
        }
        Ok(Answer { name: None, error: Some(error) }) => by_error(&error, reply),
        _ => Err(by_status(reply)),
    }
}

fn by_error(error: &Value, reply: &Reply) -> Result<Outcome, Refusal> {
    let detail = fcm_code(error);
    let (table, code) = match detail {
        Some(code) => (FCM_CODES, code),
        None => match error["status"].as_str() {
            Some(status) => (API_STATUSES, status),
            None => return Err(by_status(reply)),
        },
    };
    let code = if code == "INVALID_ARGUMENT" && blames_token(error) { INVALID_TOKEN } else { code };
    let verdict = look_up(table, code).or_else(|| look_up(HTTP_STATUSES, reply.status)).unwrap_or(Verdict::Rejected);
    if matches!(verdict, Verdict::Unregistered { .. }) && !(400..500).contains(&reply.status) {
        return Err(by_status(reply));
    }
    verdict.of_token(code.to_owned(), reply.retry_after)
}

fn by_status(reply: &Reply) -> Refusal {
    let code = format!("HTTP {}", reply.status);
    match look_up(HTTP_STATUSES, reply.status) {
        Some(verdict) => verdict.of_request(code, reply.retry_after),
        None if reply.status >= 500 => Verdict::Unavailable.of_request(code, reply.retry_after),
        None => Refusal::Failed(CallError::Protocol { code }),
    }
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

/// Why the token endpoint gave no token.
pub(super) fn of_token_request(reply: &Reply) -> CallError {
    let status = format!("{}HTTP {}", oauth::CODE, reply.status);
    if reply.status == 429 || reply.status >= 500 {
        return CallError::Unavailable { code: status, after: reply.retry_after };
    }
    match serde_json::from_slice::<TokenError>(&reply.body) {
        Ok(TokenError { error }) => look_up(TOKEN_CODES, error.as_str())
            .unwrap_or(Verdict::Rejected)
            .of_request(format!("{}{error}", oauth::CODE), None)
            .last(),
        Err(_) => CallError::Protocol { code: status },
    }
}

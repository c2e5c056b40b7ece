//! Huawei's results and what they mean. The body's code decides, whatever the HTTP status; the status only where the body
//! says nothing, and 503, which is flow control with any body.
//!
//! A token is unregistered when the answer names it, or, with a doubt, when the answer calls all tokens unregistered of a small request.

use std::{collections::HashSet, time::Duration};

use serde_json::Value;
use shared::domain::{
    binding::DeviceToken,
    outcome::{CallError, Outcome},
};

use super::wire::{Answer, Partial, TokenError};
use crate::{
    access_token::oauth,
    reporting::{Refusal, Row, Verdict, look_up},
    transport::Reply,
};

const CODES_PAGE: &str =
    "https://developer.huawei.com/consumer/en/doc/HMSCore-References/https-send-api-0000001050986197";
const FLOW_CONTROL: &str =
    "https://developer.huawei.com/consumer/cn/doc/HMSCore-Guides/message-restriction-description-0000001361648361";
/// The page of the interface for HarmonyOS.
pub(super) const HARMONY_CODES: &str =
    "https://developer.huawei.com/consumer/cn/doc/harmonyos-references/push-scenariozed-api-response";
const REVOCATION: &str = "https://developer.huawei.com/consumer/cn/doc/harmonyos-references/push-msg-revoke";
const GO_LIBRARY: &str = "https://github.com/appleboy/go-hms-push";
const OAUTH_ERRORS: &str =
    "https://developer.huawei.com/consumer/en/doc/doccenter-references/api/account-server-error-code/";

const SUCCESS: &str = "80000000";
pub(super) const PARTIAL: &str = "80100000";
/// The app may not send to these tokens.
pub(super) const NO_RIGHT: &str = "80300002";
/// Every token of the request is invalid, or the request itself is for another app.
pub(super) const ALL_INVALID: &str = "80300007";

/// Huawei asks senders for an exponential wait from one second.
const FLOW: Verdict = Verdict::RateLimited { advice: Some(Duration::from_secs(1)) };

pub(super) const fn row<K>(key: K, verdict: Verdict, source: &'static str) -> Row<K> {
    Row { key, verdict, meaning: "", source }
}

/// `code` of an answer, but for those of [`Told`].
pub(super) const CODES: &[Row<&str>] = &[
    row("80100001", Verdict::Rejected, CODES_PAGE),
    row("80100002", Verdict::Rejected, CODES_PAGE),
    row("80100003", Verdict::Rejected, CODES_PAGE),
    row("80100004", Verdict::Rejected, CODES_PAGE),
    row("80100013", Verdict::Rejected, CODES_PAGE),
    row("80100016", Verdict::Rejected, CODES_PAGE),
    row("80100017", FLOW, CODES_PAGE),
    row("80100018", Verdict::Rejected, CODES_PAGE),
    row("80200001", Verdict::Expired, CODES_PAGE),
    row("80200003", Verdict::Expired, CODES_PAGE),
    row("80200005", Verdict::Expired, CODES_PAGE),
    // push not enabled, or another project's tokens; of several tokens it does not say which
    row(NO_RIGHT, Verdict::CredentialOrToken, CODES_PAGE),
    row(ALL_INVALID, Verdict::Unregistered { certain: false }, CODES_PAGE),
    row("80300008", Verdict::Rejected, CODES_PAGE),
    row("80300010", Verdict::Rejected, CODES_PAGE),
    row("80300011", Verdict::Rejected, CODES_PAGE),
    row("80300013", Verdict::Rejected, CODES_PAGE),
    row("80600003", Verdict::Unavailable, CODES_PAGE),
    row("81000001", Verdict::Unavailable, CODES_PAGE),
    row("80000001", Verdict::Unavailable, GO_LIBRARY),
    // HarmonyOS only
    row("80100022", Verdict::Rejected, HARMONY_CODES),
    row("80300029", FLOW, HARMONY_CODES),
    row("80300030", Verdict::Rejected, HARMONY_CODES),
    // the bearer lives too long; the app is being punished
    row("80300036", Verdict::Credential, HARMONY_CODES),
    row("80300037", Verdict::Credential, HARMONY_CODES),
    // calls that take messages back only
    row("80100020", Verdict::Rejected, REVOCATION),
    row("80300017", Verdict::Rejected, REVOCATION),
    row("80300028", Verdict::Rejected, REVOCATION),
    row("80300032", Verdict::Rejected, REVOCATION),
    // calls about topics and device groups only
    row("82000001", Verdict::Rejected, CODES_PAGE),
    row("82000002", Verdict::Rejected, CODES_PAGE),
    row("82000003", Verdict::Rejected, CODES_PAGE),
    row("82000004", Verdict::Rejected, CODES_PAGE),
    row("82000005", Verdict::Rejected, CODES_PAGE),
    row("82000006", Verdict::Rejected, CODES_PAGE),
    row("82000007", Verdict::Rejected, CODES_PAGE),
    row("82000008", Verdict::Rejected, CODES_PAGE),
    row("82000009", Verdict::Rejected, CODES_PAGE),
    row("82000010", Verdict::Rejected, CODES_PAGE),
    row("82000011", Verdict::Rejected, CODES_PAGE),
    row("82000012", Verdict::Rejected, CODES_PAGE),
    row("82000013", Verdict::Rejected, CODES_PAGE),
];

/// HTTP statuses of answers that say nothing else.
pub(super) const HTTP_STATUSES: &[Row<u16>] = &[
    row(401, Verdict::Expired, CODES_PAGE),
    row(404, Verdict::Credential, CODES_PAGE),
    row(429, FLOW, FLOW_CONTROL),
    row(500, Verdict::Unavailable, CODES_PAGE),
    row(502, Verdict::Unavailable, CODES_PAGE),
    row(503, FLOW, FLOW_CONTROL),
    row(504, Verdict::Unavailable, CODES_PAGE),
];

/// `error` and `sub_error` of the token endpoint.
pub(super) const TOKEN_CODES: &[Row<(i64, i64)>] = &[
    row((1101, 12304), Verdict::Credential, OAUTH_ERRORS),
    row((1101, 20002), Verdict::Credential, OAUTH_ERRORS),
    row((1101, 20003), Verdict::Credential, OAUTH_ERRORS),
    row((1101, 20171), Verdict::Credential, OAUTH_ERRORS),
    row((1101, 20172), Verdict::Credential, OAUTH_ERRORS),
    row((1101, 20182), Verdict::Credential, OAUTH_ERRORS),
    row((1102, 20181), Verdict::Credential, OAUTH_ERRORS),
    row((1102, 20001), Verdict::Credential, OAUTH_ERRORS),
    row((1203, 12303), Verdict::Credential, OAUTH_ERRORS),
    row((1203, 500), Verdict::Unavailable, OAUTH_ERRORS),
];

/// HTTP statuses of the token endpoint.
pub(super) const TOKEN_STATUSES: &[Row<u16>] = &[
    row(403, Verdict::Credential, OAUTH_ERRORS),
    row(404, Verdict::Credential, OAUTH_ERRORS),
    row(405, Verdict::Credential, OAUTH_ERRORS),
    row(500, Verdict::Unavailable, OAUTH_ERRORS),
    row(502, Verdict::Unavailable, OAUTH_ERRORS),
    row(503, FLOW, OAUTH_ERRORS),
    row(504, Verdict::Unavailable, OAUTH_ERRORS),
    row(590, Verdict::Unavailable, OAUTH_ERRORS),
];

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
    Taken { request_id: Option<String> },
    /// some tokens are not taken, `msg` says which
    Partly { msg: Value, request_id: Option<String> },
    /// no token is valid, `msg` may say more
    Invalid { msg: Value },
}

/// What the answer of any interface says.
pub(super) fn told(reply: &Reply) -> Result<Told, Refusal> {
    let answer = serde_json::from_slice::<Answer>(&reply.body).ok();
    let code = answer.as_ref().and_then(|answer| text(&answer.code));
    let (Some(answer), Some(code)) = (answer, code) else {
        return Err(by_status(reply));
    };
    if reply.status == 503 {
        return Err(by_status(reply));
    }
    let (msg, request_id) = (answer.msg, text(&answer.request_id));
    match code.as_str() {
        SUCCESS if reply.status == 200 => Ok(Told::Taken { request_id }),
        PARTIAL if reply.status < 500 => Ok(Told::Partly { msg, request_id }),
        ALL_INVALID if reply.status < 500 => Ok(Told::Invalid { msg }),
        // a code that the status contradicts
        SUCCESS | PARTIAL | ALL_INVALID => Err(by_status(reply)),
        code => Err(look_up(CODES, code)
            .or_else(|| look_up(HTTP_STATUSES, &reply.status))
            .unwrap_or(Verdict::Rejected)
            .of_request(code.to_owned(), reply.retry_after)),
    }
}

/// What the answer to a request with these tokens of Android devices says of them.
pub(super) fn judge(reply: &Reply, tokens: &[DeviceToken]) -> Result<Judged, Refusal> {
    Ok(match told(reply)? {
        Told::Taken { request_id } => Judged::Each(vec![accepted(request_id); tokens.len()]),
        Told::Partly { msg, request_id } => Judged::Each(partial(&msg, tokens, request_id)),
        Told::Invalid { .. } => Judged::AllInvalid,
    })
}

fn by_status(reply: &Reply) -> Refusal {
    let code = format!("HTTP {}", reply.status);
    match look_up(HTTP_STATUSES, &reply.status) {
        Some(verdict) => verdict.of_request(code, reply.retry_after),
        None if reply.status >= 500 => Verdict::Unavailable.of_request(code, reply.retry_after),
        None => Refusal::Failed(CallError::Protocol { code }),
    }
}

pub(super) fn accepted(request_id: Option<String>) -> Outcome {
    Outcome::Accepted { vendor_message_id: request_id }
}

/// What [`Judged::AllInvalid`] means for one token, once it is believed.
pub(super) fn all_invalid() -> Outcome {
    Outcome::Unregistered { code: ALL_INVALID.to_owned(), certain: false }
}

/// The tokens that the answer names are dead, the others accepted. An answer that contradicts itself or the request is
/// believed in nothing: its tokens are refused, because those that were accepted must not be told twice.
fn partial(msg: &Value, tokens: &[DeviceToken], request_id: Option<String>) -> Vec<Outcome> {
    let code = PARTIAL.to_owned();
    let Some(illegal) = illegal(msg, tokens) else {
        return vec![Outcome::Refused { code }; tokens.len()];
    };
    let outcome = |token: &DeviceToken| {
        if illegal.contains(token.expose()) {
            Outcome::Unregistered { code: code.clone(), certain: true }
        } else {
            accepted(request_id.clone())
        }
    };
    tokens.iter().map(outcome).collect()
}

fn illegal(msg: &Value, tokens: &[DeviceToken]) -> Option<HashSet<String>> {
    let partial: Partial<'_> = serde_json::from_str(msg.as_str()?).ok()?;
    let named: HashSet<String> = partial.illegal_tokens.into_iter().map(Into::into).collect();
    let known = tokens.iter().filter(|token| named.contains(token.expose())).count();
    let consistent = partial.failure == named.len()
        && known == named.len()
        && partial.success.checked_add(partial.failure) == Some(tokens.len());
    consistent.then_some(named)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Why the token endpoint gave no token.
pub(super) fn of_token_request(reply: &Reply) -> CallError {
    let status = format!("{}HTTP {}", oauth::CODE, reply.status);
    let by_status = look_up(TOKEN_STATUSES, &reply.status);
    let refused = serde_json::from_slice::<TokenError>(&reply.body).ok().filter(|_| reply.status != 503);
    let refusal = match (refused, by_status) {
        (Some(TokenError { error, sub_error }), by_status) => look_up(TOKEN_CODES, &(error, sub_error))
            .or(by_status)
            .unwrap_or(Verdict::Rejected)
            .of_request(format!("{}{error}/{sub_error}", oauth::CODE), reply.retry_after),
        (None, Some(verdict)) => verdict.of_request(status, reply.retry_after),
        (None, None) if reply.status >= 500 => Verdict::Unavailable.of_request(status, reply.retry_after),
        (None, None) => CallError::Protocol { code: status }.into(),
    };
    refusal.last()
}

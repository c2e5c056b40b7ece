//! Honor's results and what they mean. The body's code decides, whatever the HTTP status; the status only where the body
//! says nothing, or contradicts it.
//!
//! Honor's own list of codes is not to be had without an account, so the rows are what other senders found, and the codes
//! of Huawei, whose interface Honor's descends from. An operator who knows better corrects them by the notifier's option
//! `result_codes`.

use std::time::Duration;

use serde_json::Value;
use shared::domain::{
    binding::DeviceToken,
    outcome::{CallError, Outcome},
};

use super::{
    auth::REST,
    result::{MAX_TEXT, each, partial, text},
    wire::{Answer, TokenError},
};
use crate::{
    access_token::oauth,
    reporting::{Refusal, Row, Verdict, look_up},
    transport::Reply,
};

const DOOPUSH: &str = "https://github.com/doopush/doopush";
const HTTP: &str = "https://www.rfc-editor.org/rfc/rfc9110#section-15";
const HUAWEI_CODES: &str =
    "https://developer.huawei.com/consumer/en/doc/HMSCore-References/https-send-api-0000001050986197";
const HUAWEI_FLOW: &str =
    "https://developer.huawei.com/consumer/cn/doc/HMSCore-Guides/message-restriction-description-0000001361648361";
const OAUTH_ERRORS: &str = "https://www.rfc-editor.org/rfc/rfc6749#section-5.2";

/// The answer tells tokens apart. Some senders met the last two; they are believed like the first.
pub(super) const SUCCESS: [&str; 3] = ["200", "0", "80000000"];
/// The same in Huawei's way.
const PARTIAL: &str = "80100000";
/// More tokens than a request may carry.
const TOO_MANY: &str = "80300010";

/// Huawei asks senders for an exponential wait from one second.
pub(super) const FLOW: Verdict = Verdict::RateLimited { advice: Some(Duration::from_secs(1)) };

const fn row<K>(key: K, verdict: Verdict, source: &'static str) -> Row<K> {
    Row { key, verdict, meaning: "", source }
}

/// `code` of an answer, but for those that [`judge`] takes apart: success, partial success. Those of three digits are HTTP
/// statuses as well.
pub(super) const CODES: &[Row<&str>] = &[
    row("400", Verdict::Rejected, DOOPUSH),
    row("401", Verdict::Expired, DOOPUSH),
    // the access token, a right that the app lacks, or a device token that it may not send to
    row("403", Verdict::ExpiredOrToken, DOOPUSH),
    // a token, or a wrong app id or address: says nothing against the token
    row("404", Verdict::Rejected, DOOPUSH),
    row("413", Verdict::Rejected, HTTP),
    row("429", FLOW, DOOPUSH),
    row("500", Verdict::Unavailable, DOOPUSH),
    row("502", Verdict::Unavailable, DOOPUSH),
    row("503", FLOW, HUAWEI_FLOW),
    row("504", Verdict::Unavailable, DOOPUSH),
    row("80100001", Verdict::Rejected, HUAWEI_CODES),
    row("80100003", Verdict::Rejected, HUAWEI_CODES),
    row("80100004", Verdict::Rejected, HUAWEI_CODES),
    row("80200001", Verdict::Expired, HUAWEI_CODES),
    row("80200003", Verdict::Expired, HUAWEI_CODES),
    row("80300002", Verdict::CredentialOrToken, HUAWEI_CODES),
    row("80300007", Verdict::Unregistered { certain: false }, HUAWEI_CODES),
    row("80300008", Verdict::Rejected, HUAWEI_CODES),
    row(TOO_MANY, Verdict::Rejected, HUAWEI_CODES),
    row("81000001", Verdict::Unavailable, HUAWEI_CODES),
];

/// `error` of the token endpoint.
pub(super) const TOKEN_CODES: &[Row<&str>] = &[
    row("invalid_client", Verdict::Credential, OAUTH_ERRORS),
    row("unauthorized_client", Verdict::Credential, OAUTH_ERRORS),
    row("unsupported_grant_type", Verdict::Credential, OAUTH_ERRORS),
    row("invalid_request", Verdict::Credential, OAUTH_ERRORS),
];

/// What an operator says of codes; it beats the table.
pub(super) type Corrections<'a> = Vec<(&'a str, Verdict)>;

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

/// What the answer to a request with these tokens says of them.
pub(super) fn judge(reply: &Reply, tokens: &[DeviceToken], corrections: &Corrections<'_>) -> Result<Judged, Refusal> {
    let answer = serde_json::from_slice::<Answer>(&reply.body).ok();
    let code = answer.as_ref().and_then(|answer| text(&answer.code));
    let (Some(answer), Some(code)) = (answer, code) else {
        return Err(by_status(reply, corrections));
    };
    let corrected = correction(corrections, &code);
    match (corrected, code.as_str()) {
        (None, known) if SUCCESS.contains(&known) && reply.status == 200 => Ok(Judged::Each(each(answer.data, tokens))),
        (None, PARTIAL) if reply.status < 500 => Ok(Judged::Each(partial(answer, tokens))),
        // a code that the status contradicts
        (None, known) if SUCCESS.contains(&known) || known == PARTIAL => Err(by_status(reply, corrections)),
        (None, _) if tokens.len() > 1 && reply.status < 500 && too_many(&code, &answer.message) => {
            Ok(Judged::TooMany { code })
        }
        (corrected, known) => {
            let listed = corrected.or_else(|| look_up(CODES, known)).or_else(|| listed(reply.status, corrections));
            match listed.unwrap_or(Verdict::Rejected) {
                Verdict::Unregistered { .. } if reply.status >= 500 => Err(by_status(reply, corrections)),
                // an answer that names no token is never certain of one
                Verdict::Unregistered { .. } => {
                    Ok(Judged::Each(vec![Outcome::Unregistered { code, certain: false }; tokens.len()]))
                }
                verdict => Err(verdict.of_request(code, reply.retry_after)),
            }
        }
    }
}

// ----- codes -----

fn by_status(reply: &Reply, corrections: &Corrections<'_>) -> Refusal {
    let code = format!("HTTP {}", reply.status);
    match listed(reply.status, corrections) {
        Some(verdict) => verdict.of_request(code, reply.retry_after),
        None if reply.status >= 500 => Verdict::Unavailable.of_request(code, reply.retry_after),
        None => Refusal::Failed(CallError::Protocol { code }),
    }
}

fn listed(status: u16, corrections: &Corrections<'_>) -> Option<Verdict> {
    let code = status.to_string();
    correction(corrections, &code).or_else(|| look_up(CODES, code.as_str()))
}

fn correction(corrections: &Corrections<'_>, code: &str) -> Option<Verdict> {
    corrections.iter().find(|(known, _)| *known == code).map(|(_, verdict)| *verdict)
}

/// The most tokens of a request are not published, and neither is how Honor says that there are more: by Huawei's code, or
/// in words.
fn too_many(code: &str, message: &Value) -> bool {
    let message = message.as_str().unwrap_or_default().to_ascii_lowercase();
    let says = |word: &str| message.contains(word);
    code == TOO_MANY || code == "400" && says("token") && (says("exceed") || says("too many") || says("maximum"))
}

// ----- the token endpoint -----

/// Why the token endpoint gave no token.
pub(super) fn of_token_request(reply: &Reply) -> CallError {
    let status = format!("{}HTTP {}", oauth::CODE, reply.status);
    let after = reply.retry_after.or(Some(REST));
    if reply.status == 429 {
        return CallError::RateLimited { code: status, after, asked: true };
    }
    if reply.status >= 500 {
        return CallError::Unavailable { code: status, after };
    }
    match serde_json::from_slice::<TokenError>(&reply.body) {
        Ok(TokenError { error }) if error.len() <= MAX_TEXT => look_up(TOKEN_CODES, error.as_str())
            .unwrap_or(Verdict::Rejected)
            .of_request(format!("{}{error}{}", oauth::CODE, hint(&error)), None)
            .last(),
        _ => CallError::Protocol { code: status },
    }
}

/// The App Secret is often taken for the Client Secret.
fn hint(error: &str) -> &'static str {
    match error {
        "invalid_client" => " (wanted are Client ID and Client Secret, not App ID and App Secret)",
        _ => "",
    }
}

//! Honor's codes and what they mean.
//!
//! Honor's own list of codes is not to be had without an account. So the rows are what other senders found, and the codes
//! of Huawei, whose interface Honor's descends from. An operator who knows better corrects them by the notifier's option
//! `result_codes`.

use super::auth::REST;
use crate::{prelude::*, reporting::Verdict::*};

const DOOPUSH: &str = "https://github.com/doopush/doopush";
const HUAWEI_CODES: &str =
    "https://developer.huawei.com/consumer/en/doc/HMSCore-References/https-send-api-0000001050986197";
const HUAWEI_FLOW: &str =
    "https://developer.huawei.com/consumer/cn/doc/HMSCore-Guides/message-restriction-description-0000001361648361";
const OAUTH_ERRORS: &str = "https://www.rfc-editor.org/rfc/rfc6749#section-5.2";

/// Huawei asks senders for an exponential wait from one second.
pub(super) const FLOW: Verdict = rate_limited(1);

/// The answer tells tokens apart. Some senders met the last two; they are believed like the first.
pub(super) const SUCCESS: [&str; 3] = ["200", "0", "80000000"];
/// The same in Huawei's way.
pub(super) const PARTIAL: &str = "80100000";
/// More tokens than a request may carry.
pub(super) const TOO_MANY: &str = "80300010";
/// What Honor would answer to a body that is too long.
pub(super) const TOO_LONG: &str = "413";

/// The answer to a message. HTTP statuses are codes as well.
pub(super) static MESSAGES: Classifier<&str> = Classifier::of(CODES, &[]);

/// The answer of the token endpoint.
pub(super) static TOKEN_ENDPOINT: Classifier<&str> = Classifier::of(TOKEN_CODES, TOKEN_STATUSES).prefixed(oauth::CODE);

/// `code` of an answer, but for success and partial success. Those of three digits are HTTP statuses as well.
pub(super) const CODES: &[Row<&str>] = &[
    row("400", Rejected, "a parameter is wrong", DOOPUSH),
    row("401", Expired, "the access token is missing, invalid or expired", DOOPUSH),
    row("403", ExpiredOrToken, "the access token, a right of the app, or a token of another app", DOOPUSH),
    // says nothing against the token
    row("404", Rejected, "a token, the app id or the address is wrong", DOOPUSH),
    row(TOO_LONG, Rejected, "the body is too long", HTTP),
    row("429", FLOW, "too many requests", DOOPUSH),
    row("500", Unavailable, "an error inside the server", DOOPUSH),
    row("502", Unavailable, "a server on the way has no answer", DOOPUSH),
    row("503", FLOW, "flow control", HUAWEI_FLOW),
    row("504", Unavailable, "a server on the way waited in vain", DOOPUSH),
    row("80100001", Rejected, "a parameter is wrong", HUAWEI_CODES),
    row("80100003", Rejected, "the structure of the message is wrong", HUAWEI_CODES),
    row("80100004", Rejected, "the message expires before now", HUAWEI_CODES),
    row("80200001", Expired, "the access token is missing, or of another app", HUAWEI_CODES),
    row("80200003", Expired, "the access token has expired", HUAWEI_CODES),
    row("80300002", CredentialOrToken, "push is not enabled, or the tokens are of another project", HUAWEI_CODES),
    row("80300007", SUSPECT, "all tokens are invalid", HUAWEI_CODES),
    row("80300008", Rejected, "the body without its tokens is over 4096 bytes", HUAWEI_CODES),
    row(TOO_MANY, Rejected, "there is no token, or too many", HUAWEI_CODES),
    row("81000001", Unavailable, "an error inside the server", HUAWEI_CODES),
];

/// `error` of the token endpoint.
pub(super) const TOKEN_CODES: &[Row<&str>] = &[
    row("invalid_client", Credential, "the client or its secret is wrong", OAUTH_ERRORS),
    row("unauthorized_client", Credential, "the client may not use this grant type", OAUTH_ERRORS),
    row("unsupported_grant_type", Credential, "the grant type is unknown", OAUTH_ERRORS),
    row("invalid_request", Credential, "the request is malformed", OAUTH_ERRORS),
];

/// HTTP statuses of the token endpoint.
pub(super) const TOKEN_STATUSES: &[Row<u16>] =
    &[row(429, RateLimited { advice: Some(REST) }, "too many requests", HTTP)];

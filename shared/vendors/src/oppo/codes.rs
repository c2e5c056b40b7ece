//! OPPO's codes and what they mean.

use crate::{prelude::*, reporting::Verdict::*};

const CODES_PAGE: &str = "https://open.oppomobile.com/documentation/page/info?id=11235";
/// The vendor's server SDK, whose table is longer.
const SDK: &str = "https://github.com/JasperXgwang/ups-oppo-push-java-sdk";
/// A server that saw the code: no page of OPPO has it.
const OCTO: &str = "https://github.com/Mininglamp-OSS/octo-server";
const RFC_6585: &str = "https://www.rfc-editor.org/rfc/rfc6585#section-4";

pub(super) const SUCCESS: i64 = 0;
pub(super) const DUPLICATE: i64 = 32;
/// A malformed registration id has been seen to cause it.
pub(super) const INVALID_ARGUMENT: i64 = 41;
pub(super) const INVALID_TOKEN: i64 = 10_000;

/// Limits count by the second.
const FLOW: Verdict = rate_limited(1);

/// What judges the answer to messages.
pub(super) static ANSWERS: Classifier<i64> = Classifier::of(CODES, HTTP_STATUSES);

/// The answer of the token endpoint.
pub(super) static TOKEN_ENDPOINT: Classifier<i64> = Classifier { prefix: oauth::CODE, ..ANSWERS };

/// `code` of an answer and `errorCode` of an element.
pub(super) const CODES: &[Row<i64>] = &[
    row(-1, Unavailable, "the service is unavailable", SDK),
    row(-2, FLOW, "the service is under flow control", SDK),
    row(11, Expired, "the access token is invalid or expired", CODES_PAGE),
    row(12, Rejected, "the wrong HTTP method", CODES_PAGE),
    row(13, FLOW, "the app's calls are limited", CODES_PAGE),
    row(14, Credential, "the app key is invalid", CODES_PAGE),
    row(15, Credential, "the app key is missing", CODES_PAGE),
    row(16, Credential, "the signature is invalid, mostly for a wrong secret", CODES_PAGE),
    row(17, Credential, "the signature is missing", CODES_PAGE),
    row(18, Credential, "the time is missing", CODES_PAGE),
    row(19, Unavailable, "our clock is off; the secret is as good as before", CODES_PAGE),
    row(20, Rejected, "an invalid method name", CODES_PAGE),
    row(21, Rejected, "no method name", CODES_PAGE),
    row(22, Rejected, "no version", CODES_PAGE),
    row(23, Rejected, "an invalid version", CODES_PAGE),
    row(24, Rejected, "a version that is not served", CODES_PAGE),
    row(25, Rejected, "an invalid encoding", CODES_PAGE),
    row(26, Credential, "this IP address is blacklisted", CODES_PAGE),
    row(27, Credential, "access is denied", CODES_PAGE),
    row(28, Credential, "the app is disabled", CODES_PAGE),
    row(29, Expired, "the access token is missing", CODES_PAGE),
    row(30, Credential, "the app may not call this interface", CODES_PAGE),
    row(31, Rejected, "no such data", CODES_PAGE),
    row(DUPLICATE, Rejected, "the token had this app_message_id before", CODES_PAGE),
    row(33, QuotaUsedUp, "the day's messages of public categories are used up", CODES_PAGE),
    row(34, Rejected, "the day's uploads of pictures are used up", SDK),
    row(40, Rejected, "an argument is missing", CODES_PAGE),
    row(INVALID_ARGUMENT, Rejected, "an argument is invalid", CODES_PAGE),
    row(51, Rejected, "an invalid picture", CODES_PAGE),
    row(54, Rejected, "the template is missing, or does not match", OCTO),
    row(55, FLOW, "too many calls of the app", CODES_PAGE),
    row(59, Rejected, "an action is denied", CODES_PAGE),
    row(67, Rejected, "the category, or its level, was not granted to the app", CODES_PAGE),
    row(INVALID_TOKEN, UNREGISTERED, "the registration id is invalid", CODES_PAGE),
    row(10_001, UNREGISTERED, "unsubscribed, or push is off: the app binds again when it registers again", SDK),
    row(10_002, Rejected, "an alias is invalid", SDK),
    row(10_003, Rejected, "an alias is unsubscribed", SDK),
    row(10_004, Rejected, "a registration id is repeated", SDK),
    row(10_005, Rejected, "an alias is repeated", SDK),
];

/// HTTP statuses of answers without a code.
pub(super) const HTTP_STATUSES: &[Row<u16>] =
    &[row(429, FLOW, "too many requests", RFC_6585), row(503, Unavailable, "the service is unavailable", SDK)];

//! FCM's codes and what they mean.

use crate::{prelude::*, reporting::Verdict::*};

const ERROR_CODE: &str = "https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode";
const QUOTAS: &str = "https://firebase.google.com/docs/cloud-messaging/throttling-and-quotas";
const API_ERRORS: &str = "https://cloud.google.com/apis/design/errors";
const OLD_CODES: &str = "https://github.com/firebase/firebase-admin-node/blob/master/src/utils/error.ts";
const OAUTH_ERRORS: &str = "https://developers.google.com/identity/protocols/oauth2/service-account#error-codes";
const RETRIES: &str = "https://firebase.google.com/docs/cloud-messaging/scale-fcm#errors";

/// Google asks senders without a hint to begin with a minute.
const MINUTE: Verdict = rate_limited(60);

/// Our name for `INVALID_ARGUMENT` when the answer blames the token.
pub(super) const INVALID_TOKEN: &str = "INVALID_ARGUMENT message.token";

/// The answer to a message with an `FcmError` detail.
pub(super) static BY_FCM_CODE: Classifier<&str> = Classifier::of(FCM_CODES, HTTP_STATUSES);

/// One without that detail.
pub(super) static BY_API_STATUS: Classifier<&str> = Classifier::of(API_STATUSES, HTTP_STATUSES);

/// The answer of the token endpoint.
pub(super) static TOKEN_ENDPOINT: Classifier<&str> = Classifier::of(TOKEN_CODES, TOKEN_STATUSES).prefixed(oauth::CODE);

/// Codes of the `FcmError` detail, with those of older versions behind.
pub(super) const FCM_CODES: &[Row<&str>] = &[
    row("UNREGISTERED", UNREGISTERED, "the app is uninstalled, or the token expired or was replaced", ERROR_CODE),
    row(INVALID_TOKEN, UNREGISTERED, "the token has no valid form", ERROR_CODE),
    // or the credential is of another project
    row("SENDER_ID_MISMATCH", SUSPECT, "the token is of another Firebase project", ERROR_CODE),
    row("INVALID_ARGUMENT", Rejected, "a field of the message breaks a rule", ERROR_CODE),
    row("QUOTA_EXCEEDED", MINUTE, "too many messages for the project, the device or the topic", QUOTAS),
    row("UNAVAILABLE", Unavailable, "the service is overloaded", ERROR_CODE),
    row("INTERNAL", Unavailable, "an unknown error inside FCM", ERROR_CODE),
    // the project's APNs or web push key, which only tokens of such devices need
    row("THIRD_PARTY_AUTH_ERROR", CredentialOrToken, "the project's APNs or web push key is invalid", ERROR_CODE),
    row("APNS_AUTH_ERROR", CredentialOrToken, "the former name of that", OLD_CODES),
    row("UNSPECIFIED_ERROR", Rejected, "no more is known", ERROR_CODE),
    row("NotRegistered", UNREGISTERED, "UNREGISTERED", OLD_CODES),
    row("InvalidRegistration", UNREGISTERED, "the token has no valid form", OLD_CODES),
    row("MismatchSenderId", SUSPECT, "SENDER_ID_MISMATCH", OLD_CODES),
    row("MessageTooBig", Rejected, "the message is too long", OLD_CODES),
    row("InvalidTtl", Rejected, "the time to live is out of range", OLD_CODES),
    row("InvalidDataKey", Rejected, "a key of the data is reserved", OLD_CODES),
    row("InvalidPackageName", Rejected, "the token is of another package than the message", OLD_CODES),
    row("DeviceMessageRateExceeded", MINUTE, "too many messages for the device", OLD_CODES),
    row("TopicsMessageRateExceeded", MINUTE, "too many messages for the topic", OLD_CODES),
];

/// `error.status` of an answer without that detail.
pub(super) const API_STATUSES: &[Row<&str>] = &[
    row("UNAUTHENTICATED", Expired, "the access token is missing, invalid or expired", API_ERRORS),
    // a role is missing; Google's own library takes it for a token of another sender
    row("PERMISSION_DENIED", CredentialOrToken, "the account may not send for the project", API_ERRORS),
    // the project in the address does not exist, with no word about the token; the library takes it for an unregistered one
    row("NOT_FOUND", CredentialOrToken, "no such project", API_ERRORS),
    row(INVALID_TOKEN, UNREGISTERED, "the token has no valid form", ERROR_CODE),
    row("INVALID_ARGUMENT", Rejected, "a field of the message breaks a rule", API_ERRORS),
    row("FAILED_PRECONDITION", Rejected, "the project is not in a state to send", API_ERRORS),
    row("RESOURCE_EXHAUSTED", MINUTE, "a quota of requests is used up", QUOTAS),
    row("INTERNAL", Unavailable, "an unknown error inside FCM", API_ERRORS),
    row("UNAVAILABLE", Unavailable, "the service is overloaded", API_ERRORS),
];

/// HTTP statuses of answers that say nothing else.
pub(super) const HTTP_STATUSES: &[Row<u16>] = &[
    row(401, Expired, "the access token is missing, invalid or expired", API_ERRORS),
    row(408, Unavailable, "the request took too long", RETRIES),
    row(413, Rejected, "the request is too long", API_ERRORS),
    row(429, MINUTE, "too many requests", QUOTAS),
    row(500, Unavailable, "an error inside the server", RETRIES),
    row(502, Unavailable, "a server on the way has no answer", RETRIES),
    row(503, Unavailable, "the service is overloaded", RETRIES),
    row(504, Unavailable, "a server on the way waited in vain", RETRIES),
];

/// `error` of the token endpoint.
pub(super) const TOKEN_CODES: &[Row<&str>] = &[
    row(
        "invalid_grant",
        Credential,
        "the assertion or its signature is invalid, or the account does not exist",
        OAUTH_ERRORS,
    ),
    row("invalid_client", Credential, "the account is invalid", OAUTH_ERRORS),
    row("invalid_scope", Credential, "the scope is invalid", OAUTH_ERRORS),
    row("invalid_request", Credential, "the request is malformed", OAUTH_ERRORS),
    row("unsupported_grant_type", Credential, "the grant type is unknown", OAUTH_ERRORS),
    row("unauthorized_client", Credential, "the account may not ask for this scope", OAUTH_ERRORS),
];

/// HTTP statuses of the token endpoint.
pub(super) const TOKEN_STATUSES: &[Row<u16>] = &[row(429, Unavailable, "too many requests", RETRIES)];

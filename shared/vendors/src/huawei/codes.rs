//! Huawei's codes and what they mean.

use crate::{prelude::*, reporting::Verdict::*};

const CODES_PAGE: &str =
    "https://developer.huawei.com/consumer/en/doc/HMSCore-References/https-send-api-0000001050986197";
const FLOW_CONTROL: &str =
    "https://developer.huawei.com/consumer/cn/doc/HMSCore-Guides/message-restriction-description-0000001361648361";
/// The page of the interface for HarmonyOS.
const HARMONY_CODES: &str =
    "https://developer.huawei.com/consumer/cn/doc/harmonyos-references/push-scenariozed-api-response";
const REVOCATION: &str = "https://developer.huawei.com/consumer/cn/doc/harmonyos-references/push-msg-revoke";
const GO_LIBRARY: &str = "https://github.com/appleboy/go-hms-push";
const OAUTH_ERRORS: &str =
    "https://developer.huawei.com/consumer/en/doc/doccenter-references/api/account-server-error-code/";

/// Huawei asks senders for an exponential wait from one second.
const FLOW: Verdict = rate_limited(1);

/// The meaning of the codes whose topic or device group is not told apart.
const TOPICS: &str = "a call about a topic or a device group is wrong";

/// Every token is taken.
pub(super) const SUCCESS: &str = "80000000";
/// Some tokens are not taken.
pub(super) const PARTIAL: &str = "80100000";
/// Every token of the request is invalid, or the request itself is for another app.
pub(super) const ALL_INVALID: &str = "80300007";
/// What Huawei would answer to a body that is too long.
pub(super) const TOO_LONG: &str = "80300008";

/// The answer to a message, by any of the interfaces.
pub(super) static MESSAGES: Classifier<&str> = Classifier::of(CODES, HTTP_STATUSES);

/// The answer of the token endpoint.
pub(super) static TOKEN_ENDPOINT: Classifier<(i64, i64)> =
    Classifier::of(TOKEN_CODES, TOKEN_STATUSES).prefixed(oauth::CODE);

/// `code` of an answer, but for success and partial success.
pub(super) const CODES: &[Row<&str>] = &[
    row("80100001", Rejected, "a parameter is wrong", CODES_PAGE),
    row("80100002", Rejected, "the number of tokens does not fit the kind of message", CODES_PAGE),
    row("80100003", Rejected, "the structure of the message is wrong", CODES_PAGE),
    row("80100004", Rejected, "the message expires before now", CODES_PAGE),
    row("80100013", Rejected, "collapse_key is out of range", CODES_PAGE),
    row("80100016", Rejected, "the message has sensitive content", CODES_PAGE),
    row("80100017", FLOW, "more than 100 jobs for topics at once", CODES_PAGE),
    row("80100018", Rejected, "the signature of the content is wrong", CODES_PAGE),
    row("80200001", Expired, "the access token is missing, or of another app or project", CODES_PAGE),
    row("80200003", Expired, "the access token has expired", CODES_PAGE),
    row("80200005", Expired, "the signed bearer has expired", CODES_PAGE),
    // of several tokens it does not say which
    row("80300002", CredentialOrToken, "push is not enabled, or the tokens are of another project", CODES_PAGE),
    row(ALL_INVALID, SUSPECT, "all tokens are invalid", CODES_PAGE),
    row(TOO_LONG, Rejected, "the body without its tokens is over 4096 bytes", CODES_PAGE),
    row("80300010", Rejected, "there is no token, or more than 1000", CODES_PAGE),
    row("80300011", Rejected, "the app may not send with high priority", CODES_PAGE),
    row("80300013", Rejected, "the address for receipts is wrong", CODES_PAGE),
    row("80600003", Unavailable, "the token service failed inside Huawei", CODES_PAGE),
    row("81000001", Unavailable, "an error inside the server", CODES_PAGE),
    row("80000001", Unavailable, "an error inside the server, by its older code", GO_LIBRARY),
    // HarmonyOS only
    row("80100022", Rejected, "the image is not verified", HARMONY_CODES),
    row("80300029", FLOW, "too many test messages", HARMONY_CODES),
    row("80300030", Rejected, "a test message has more than 10 tokens", HARMONY_CODES),
    row("80300036", Credential, "the signed bearer lives longer than a day", HARMONY_CODES),
    row("80300037", Credential, "the app is being punished", HARMONY_CODES),
    // calls that take messages back only
    row("80100020", Rejected, "some messages are not taken back", REVOCATION),
    row("80300017", Rejected, "the tokens are of several apps", REVOCATION),
    row("80300028", Rejected, "the tokens are of another client", REVOCATION),
    row("80300032", Rejected, "token or notifyId is missing", REVOCATION),
    // calls about topics and device groups only
    row("82000001", Rejected, TOPICS, CODES_PAGE),
    row("82000002", Rejected, TOPICS, CODES_PAGE),
    row("82000003", Rejected, TOPICS, CODES_PAGE),
    row("82000004", Rejected, TOPICS, CODES_PAGE),
    row("82000005", Rejected, TOPICS, CODES_PAGE),
    row("82000006", Rejected, TOPICS, CODES_PAGE),
    row("82000007", Rejected, "the name of the topic is wrong", CODES_PAGE),
    row("82000008", Rejected, TOPICS, CODES_PAGE),
    row("82000009", Rejected, "the app has more than 2000 topics", CODES_PAGE),
    row("82000010", Rejected, "a token of the call is wrong", CODES_PAGE),
    row("82000011", Rejected, "a token of the call is wrong", CODES_PAGE),
    row("82000012", Rejected, "no data location is chosen", CODES_PAGE),
    row("82000013", Rejected, "the data locations differ", CODES_PAGE),
];

/// HTTP statuses of answers that say nothing else.
pub(super) const HTTP_STATUSES: &[Row<u16>] = &[
    row(401, Expired, "the access token is missing, invalid or expired", CODES_PAGE),
    row(404, Credential, "no such address: the app or the project is wrong", CODES_PAGE),
    row(429, FLOW, "too many requests", FLOW_CONTROL),
    row(500, Unavailable, "an error inside the server", CODES_PAGE),
    row(502, Unavailable, "a server on the way has no answer", CODES_PAGE),
    row(503, FLOW, "flow control", FLOW_CONTROL),
    row(504, Unavailable, "a server on the way waited in vain", CODES_PAGE),
];

/// The reasons under which HarmonyOS's answers name tokens.
pub(super) const REASONS: &[Row<&str>] = &[
    row("tokenFormatError", UNREGISTERED, "the token has no valid form", HARMONY_CODES),
    row("tokenPlatformNotSupport", UNREGISTERED, "the token is of a third party's proxy", HARMONY_CODES),
    row("noRight", SUSPECT, "the token is of another project, or of the device's Android days", HARMONY_CODES),
    row("noPushTypeRight", CredentialOrToken, "the app may not send this kind of message", HARMONY_CODES),
    row(
        "noRightToSendThisLiveNotificationEvent",
        CredentialOrToken,
        "the app may not send this live view",
        HARMONY_CODES,
    ),
    row("notSupportPlayVoice", CredentialOrToken, "the app may not send voice broadcasts", HARMONY_CODES),
    row("disableSendHuaweiMsgBecauseOfPenalty", Credential, "the app is being punished", HARMONY_CODES),
    row("appinfoError", CredentialOrToken, "the app does not exist yet", HARMONY_CODES),
    row("atomicUnableSendUnsubscribedMsg", Rejected, "the receiver did not subscribe", HARMONY_CODES),
    row("countryNotSupport", Rejected, "the device's country is not served", HARMONY_CODES),
    row("differentImgVerifyPolicy", Rejected, "the image was verified for another kind of message", HARMONY_CODES),
];

/// `error` and `sub_error` of the token endpoint.
pub(super) const TOKEN_CODES: &[Row<(i64, i64)>] = &[
    row((1101, 12304), Credential, "client_secret is wrong", OAUTH_ERRORS),
    row((1101, 20002), Credential, "client_id has no valid form", OAUTH_ERRORS),
    row((1101, 20003), Credential, "client_id is unknown", OAUTH_ERRORS),
    row((1101, 20171), Credential, "client_secret is empty", OAUTH_ERRORS),
    row((1101, 20172), Credential, "client_secret has no valid form", OAUTH_ERRORS),
    row((1101, 20182), Credential, "grant_type is wrong", OAUTH_ERRORS),
    row((1102, 20181), Credential, "grant_type is empty", OAUTH_ERRORS),
    row((1102, 20001), Credential, "client_id is empty", OAUTH_ERRORS),
    row((1203, 12303), Credential, "client_id does not exist", OAUTH_ERRORS),
    row((1203, 500), Unavailable, "an error inside the server", OAUTH_ERRORS),
];

/// HTTP statuses of the token endpoint.
pub(super) const TOKEN_STATUSES: &[Row<u16>] = &[
    row(403, Credential, "the client is blocked", OAUTH_ERRORS),
    row(404, Credential, "no such address", OAUTH_ERRORS),
    row(405, Credential, "the method is wrong", OAUTH_ERRORS),
    row(500, Unavailable, "an error inside the server", OAUTH_ERRORS),
    row(502, Unavailable, "a server on the way has no answer", OAUTH_ERRORS),
    row(503, FLOW, "flow control", OAUTH_ERRORS),
    row(504, Unavailable, "a server on the way waited in vain", OAUTH_ERRORS),
    row(590, Unavailable, "an error inside the server", OAUTH_ERRORS),
];

//! vivo's codes and what they mean.

use crate::{prelude::*, reporting::Verdict::*};

const API: &str = "https://dev.vivo.com.cn/documentCenter/doc/362";
const CATEGORIES: &str = "https://dev.vivo.com.cn/documentCenter/doc/359";
const CONTENT: &str = "https://dev.vivo.com.cn/documentCenter/doc/695";
const LIMITS: &str = "https://dev.vivo.com.cn/documentCenter/doc/156";
/// Only older versions of vivo's page know the row.
const FIELDS: &str = "https://github.com/modood/pushapi/blob/master/vivopush/message.go";

pub(super) const SUCCESS: &str = "0";
/// The answer to a message to one phone says beside the code what is the matter with its token.
pub(super) const BAD_TOKEN: &str = "10302";
/// Ends at the hour from which on vivo sends messages of the class "operation".
pub(super) const TOO_EARLY: &str = "10071";
/// An operator decides whether such a phone loses its token.
pub(super) const INACTIVE: &str = "3";
/// Begins our name for the state of a phone.
pub(super) const INVALID_USER: &str = "invalid user ";

/// The limits are by the second.
const SECOND: Verdict = rate_limited(1);
const HOUR: Verdict = rate_limited(3600);

/// The answer to a message, to a saved message and to a list.
pub(super) static MESSAGES: Classifier<&str> = Classifier::of(CODES, HTTP_STATUSES);

/// The answer of the token endpoint; it shares the codes.
pub(super) static TOKEN_ENDPOINT: Classifier<&str> = Classifier::of(CODES, HTTP_STATUSES).prefixed(oauth::CODE);

/// `result` of an answer, but for success.
pub(super) const CODES: &[Row<&str>] = &[
    row("10000", Expired, "the access token is missing, wrong or expired", API),
    row("10040", Unavailable, "vivo has no capacity now", API),
    row("10043", Credential, "the app is disabled; only some versions of the page know it", API),
    row("10045", Credential, "the app is not set up; only some versions of the page know it", API),
    row("10050", Rejected, "the message names neither a regId nor an alias", API),
    row("10054", Rejected, "notifyType is invalid", API),
    row("10055", Rejected, "the title is empty", API),
    row("10056", Rejected, "the title is too long", API),
    row("10057", Rejected, "the content is empty", API),
    row("10058", Rejected, "the content is too long", API),
    row("10059", Rejected, "timeToLive is out of range", API),
    row("10060", Rejected, "skipType is invalid", API),
    row("10061", Rejected, "the web address of a tap is empty", API),
    row("10062", Rejected, "the web address of a tap is too long", API),
    row("10063", Rejected, "the app's own content of a tap is empty", API),
    row("10064", Rejected, "the app's own content of a tap is too long", API),
    row("10065", Rejected, "networkType is invalid", API),
    row("10066", Rejected, "clientCustomMap has too many pairs", API),
    row("10067", Rejected, "clientCustomMap is invalid", API),
    row("10068", Rejected, "the page of a tap is empty", API),
    row("10069", Rejected, "the page of a tap is too long", API),
    row("10070", QuotaUsedUp, "the day's quota of operation messages is used up", LIMITS),
    row(TOO_EARLY, QuotaUsedUp, "an operation message outside of the hours in which vivo sends them", LIMITS),
    row("10072", SECOND, "too many messages a second", LIMITS),
    row("10073", QuotaUsedUp, "the day's quota of system messages is used up", LIMITS),
    row("10085", Rejected, "the text breaks a rule about content", CONTENT),
    row("10093", SECOND, "too many requests for access tokens a second", API),
    row("10094", Credential, "the access token is of another app", API),
    row("10096", Rejected, "the category is unknown", CATEGORIES),
    row("10097", Rejected, "the category does not belong to the classification", CATEGORIES),
    row("10104", Rejected, "a text of only digits, letters or signs, or with brackets or the word test", CONTENT),
    row("10150", Rejected, "the list names neither regIds nor aliases", API),
    row("10151", Rejected, "the list names no task", API),
    row("10153", Rejected, "the list has fewer than 2 or more than 1000 regIds", API),
    row("10154", Rejected, "the list has fewer than 2 or more than 1000 aliases", API),
    row("10200", Credential, "the app id is empty", API),
    row("10201", Credential, "the app key is empty", API),
    row("10202", Credential, "the app key is wrong", API),
    row("10203", Credential, "the timestamp is empty", API),
    row("10204", Credential, "the signature is empty", API),
    row("10205", Credential, "no such app id", API),
    row("10206", Credential, "the signature is wrong", API),
    row("10207", Credential, "the two clocks are more than ten minutes apart", API),
    // older than the limit of a second, and used up by no class of messages
    row("10250", HOUR, "the day's requests for access tokens are used up", API),
    row("10252", QuotaUsedUp, "the day's quota of saved messages is used up", API),
    row("10254", QuotaUsedUp, "the day's quota of messages to all phones is used up", API),
    // aliases are not used here: it says nothing against a token
    row("10301", Rejected, "the alias is too long", API),
    // a wrong app in the credential may cause this as well
    row(BAD_TOKEN, SUSPECT, "the token is none, of another app, or of a phone that cannot be reached", API),
    row("10305", Rejected, "the address for receipts is too long", API),
    row("10306", Rejected, "the text that comes back in receipts is too long", API),
    row("10307", Rejected, "the alias is invalid", API),
    row("10352", Rejected, "requestId is empty", API),
    row("10353", Rejected, "requestId is too long", API),
    row("10471", Rejected, "a request for statistics names no task", API),
    row("10473", Rejected, "a request for statistics names too many tasks", API),
    row("10601", Rejected, "a request about tags is invalid", API),
    row("10609", Rejected, "a request about tags is invalid", API),
    row("10614", Rejected, "a request about tags is invalid", API),
    row("10616", Rejected, "a request about tags is invalid", API),
    row("11000", Rejected, "the classification is invalid", API),
];

/// `status` of a phone that was not reached.
pub(super) const STATUSES: &[Row<&str>] = &[
    // an app configured with another one's credential is told so of every token
    row("1", SUSPECT, "the token does not exist in this app", API),
    row("2", UNREGISTERED, "the app is uninstalled, unsubscribed, or its data was cleared", API),
    row(INACTIVE, SUSPECT, "the phone has not been seen for long", FIELDS),
    row("4", Rejected, "no test phone, but the message was for those", API),
];

/// HTTP statuses of answers that say nothing else.
pub(super) const HTTP_STATUSES: &[Row<u16>] = &[
    row(400, Rejected, "the body is malformed, or a value has another type", API),
    row(401, Credential, "the request is not authenticated", HTTP),
    row(403, Credential, "the request is not allowed", HTTP),
    row(429, SECOND, "too many requests", HTTP),
    row(500, Unavailable, "an error inside vivo", API),
    row(502, Unavailable, "a gateway got no valid answer", HTTP),
    row(503, Unavailable, "the service is overloaded", HTTP),
    row(504, Unavailable, "a gateway got no answer in time", HTTP),
];

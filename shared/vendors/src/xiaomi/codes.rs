//! Xiaomi's codes and what they mean.

use crate::{prelude::*, reporting::Verdict::*};

const CODES_PAGE: &str = "https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1560";
/// The official server SDK, whose constants name what the page leaves out.
const SDK: &str = "https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1558";
const LIMITS: &str = "https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1656";
/// A report of a developer: no page of Xiaomi has the code.
const REPORTS: &str = "https://blog.csdn.net/article/details/108751167";

pub(super) const SUCCESS: i64 = 0;
/// What may be the fault of some tokens of a request, so that smaller requests find them.
pub(super) const SEND_FAILED: i64 = 20301;
pub(super) const ILLEGAL_DEVICE: i64 = 10029;
pub(super) const BODY_TOO_LONG: i64 = 10018;
/// Our code for tokens that a success leaves out.
pub(super) const BAD_REGIDS: &str = "bad_regids";
/// Our code for tokens that are none of Xiaomi's.
pub(super) const NO_REGID: &str = "a comma in the token";

/// The vendor counts requests by the second.
const QPS: Verdict = rate_limited(1);
const FREQUENT: Verdict = RateLimited { advice: None };

/// What judges an answer. The server SDK calls every other status below 500 its caller's fault.
pub(super) static ANSWERS: Classifier<i64> = Classifier::of(CODES, HTTP_STATUSES).other_4xx(Rejected);

/// `code` of an answer, but for success.
pub(super) const CODES: &[Row<i64>] = &[
    row(-1, Unclear, "an unknown error", CODES_PAGE),
    row(1, Unavailable, "an error inside the server", CODES_PAGE),
    row(100, Rejected, "an argument is empty", SDK),
    row(10001, Unavailable, "an error of the system", CODES_PAGE),
    row(10002, Unavailable, "the service is busy, or suspended", CODES_PAGE),
    row(10003, Unavailable, "an error of a service behind it", CODES_PAGE),
    row(10004, Credential, "this IP address may not call", SDK),
    row(10005, Credential, "the app lacks a permission", SDK),
    row(10006, Credential, "the app's key is missing", SDK),
    row(10007, Rejected, "the type of the body is not taken", SDK),
    row(10008, Rejected, "a wrong parameter", CODES_PAGE),
    row(10009, Unavailable, "the system is busy", SDK),
    row(10010, Unavailable, "a job took too long", SDK),
    row(10011, Unavailable, "a call inside the server failed", SDK),
    row(10012, Rejected, "an illegal request", CODES_PAGE),
    row(10013, Credential, "an illegal user", SDK),
    row(10014, Credential, "the app may not call this interface", SDK),
    row(10016, Rejected, "a parameter is missing", CODES_PAGE),
    row(10017, Rejected, "a parameter's value is illegal", CODES_PAGE),
    row(BODY_TOO_LONG, Rejected, "the body is too long", SDK),
    row(10020, Rejected, "no such interface", SDK),
    row(10021, Rejected, "the wrong HTTP method", SDK),
    row(10022, FREQUENT, "too many requests of the IP address", SDK),
    row(10023, FREQUENT, "too many requests of the user", SDK),
    row(10024, FREQUENT, "too many requests of the user to the interface", SDK),
    row(10025, Rejected, "the callback's address is illegal", SDK),
    row(10026, Credential, "the app is blacklisted for all calls", SDK),
    row(10027, FREQUENT, "too many calls of the app", CODES_PAGE),
    row(10028, FREQUENT, "too many calls altogether", SDK),
    // tokens of another app, or a fault at Xiaomi, may cause these two as well
    row(ILLEGAL_DEVICE, SUSPECT, "one of the tokens is of no device", CODES_PAGE),
    row(10030, FREQUENT, "invalid tokens are fetched too often", CODES_PAGE),
    row(10031, Credential, "the app is blacklisted for sending", CODES_PAGE),
    row(10032, Credential, "a matter of the blacklist", CODES_PAGE),
    row(10033, Credential, "a matter of the blacklist", CODES_PAGE),
    row(10034, QuotaUsedUp, "the app's messages of the day are used up", CODES_PAGE),
    row(10035, Rejected, "no more invalid aliases, for queries only", CODES_PAGE),
    row(10036, Credential, "the app may not do this", CODES_PAGE),
    row(10037, Unavailable, "the request is too old", CODES_PAGE),
    row(10038, Credential, "the app may not see statistics", CODES_PAGE),
    row(10039, FREQUENT, "statistics are fetched too often", CODES_PAGE),
    row(20209, Rejected, "a bad topic", CODES_PAGE),
    row(20215, Unavailable, "a subscription failed", CODES_PAGE),
    row(20216, Unavailable, "the end of a subscription failed", CODES_PAGE),
    row(SEND_FAILED, SUSPECT, "sending failed, mostly because all tokens are invalid", CODES_PAGE),
    row(20315, Unavailable, "a broadcast was not deleted", CODES_PAGE),
    row(20607, Unavailable, "an error of the database", CODES_PAGE),
    row(21301, Credential, "the authentication failed, mostly for a wrong secret", CODES_PAGE),
    row(21302, Credential, "the authentication of a token failed", CODES_PAGE),
    row(21303, Credential, "the request is restricted", CODES_PAGE),
    row(21305, Rejected, "a required parameter is missing", CODES_PAGE),
    row(22000, Credential, "the app is illegal, unknown or revoked, or its id, key, secret or name is bad", CODES_PAGE),
    row(22001, Credential, "the app is illegal, unknown or revoked, or its id, key, secret or name is bad", CODES_PAGE),
    row(22002, Credential, "the app is illegal, unknown or revoked, or its id, key, secret or name is bad", CODES_PAGE),
    row(22003, Credential, "the app is illegal, unknown or revoked, or its id, key, secret or name is bad", CODES_PAGE),
    row(22004, Credential, "the app is illegal, unknown or revoked, or its id, key, secret or name is bad", CODES_PAGE),
    row(22005, Credential, "the app is illegal, unknown or revoked, or its id, key, secret or name is bad", CODES_PAGE),
    row(22006, Credential, "the app is illegal, unknown or revoked, or its id, key, secret or name is bad", CODES_PAGE),
    row(22007, Credential, "the app is illegal, unknown or revoked, or its id, key, secret or name is bad", CODES_PAGE),
    row(22008, Credential, "the app is illegal, unknown or revoked, or its id, key, secret or name is bad", CODES_PAGE),
    row(22020, Credential, "the app or the user is not authorised", CODES_PAGE),
    row(22021, Credential, "the app or the user is not authorised", CODES_PAGE),
    row(22022, Credential, "the package is not one of the secret's", CODES_PAGE),
    row(22100, Rejected, "the notification's format is illegal", SDK),
    row(22101, FREQUENT, "too many notifications", SDK),
    row(22102, Unclear, "sending the notification failed", CODES_PAGE),
    row(22103, Rejected, "the notification's id is illegal", SDK),
    row(26003, Unavailable, "a call inside the server failed", CODES_PAGE),
    row(26004, FREQUENT, "too many broadcasts", CODES_PAGE),
    row(26005, FREQUENT, "too many settings of accounts", CODES_PAGE),
    row(26006, Rejected, "the message has to be audited", CODES_PAGE),
    row(27001, Rejected, "the channel does not exist; other messages may have another", CODES_PAGE),
    row(65003, Rejected, "the device is unknown, or only offline", CODES_PAGE),
    row(65006, Rejected, "an alias has a problem", CODES_PAGE),
    row(65007, Rejected, "an alias has a problem", CODES_PAGE),
    row(65008, Rejected, "an alias has a problem", CODES_PAGE),
    row(65009, Rejected, "the message is too long", CODES_PAGE),
    row(65010, Rejected, "the topic is too long", CODES_PAGE),
    row(65011, Rejected, "no parameter", CODES_PAGE),
    row(65012, Rejected, "no alias", CODES_PAGE),
    row(65013, Rejected, "no topic", CODES_PAGE),
    row(65014, Rejected, "too many pairs of extra data", CODES_PAGE),
    row(65015, Rejected, "the extra data is too long", CODES_PAGE),
    row(65016, Rejected, "a user account has a problem", CODES_PAGE),
    row(65017, Rejected, "a user account has a problem", CODES_PAGE),
    row(65028, Rejected, "no such message", CODES_PAGE),
    row(65029, Unavailable, "an exception in a service behind it", CODES_PAGE),
    row(65030, Rejected, "the JSON could not be built", CODES_PAGE),
    row(65035, Rejected, "too many topics", CODES_PAGE),
    row(65036, Rejected, "the callback's parameter is too long", CODES_PAGE),
    row(65037, Rejected, "the callback's address is too long", CODES_PAGE),
    row(65038, Rejected, "the callback's address is illegal", CODES_PAGE),
    row(65040, Unavailable, "a deregistration failed", CODES_PAGE),
    row(65041, Rejected, "the hash of the IMEI is empty", CODES_PAGE),
    row(66108, CredentialOrToken, "the package is not that of the token", REPORTS),
    row(200_001, QuotaUsedUp, "the day's quota is used up", LIMITS),
    row(200_002, QPS, "too many requests a second", LIMITS),
];

/// HTTP statuses of answers that say nothing else.
pub(super) const HTTP_STATUSES: &[Row<u16>] = &[
    row(401, Credential, "the request is not authenticated", HTTP),
    row(403, Credential, "the request is forbidden", HTTP),
    row(429, FREQUENT, "too many requests", HTTP),
    row(500, Unavailable, "an error inside the server", SDK),
    row(502, Unavailable, "a server on the way has no answer", SDK),
    row(503, Unavailable, "the service is overloaded", SDK),
    row(504, Unavailable, "a server on the way waited in vain", SDK),
];

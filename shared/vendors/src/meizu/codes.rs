//! Meizu's codes and what they mean. Codes of a request and codes of single tokens are two lists, in which 110010 means two
//! things.

use crate::{prelude::*, reporting::Verdict::*};

const API: &str = "https://github.com/MEIZUPUSH/PushAPI#api说明";
const API_CODES: &str = "https://github.com/MEIZUPUSH/PushAPI#接口响应规范";
const LIBRARY_CODES: &str =
    "https://github.com/MEIZUPUSH/JavaSdk/blob/master/src/main/java/com/meizu/push/sdk/server/constant/ErrorCode.java";
const LIBRARY_TOKEN_CODES: &str = "https://github.com/MEIZUPUSH/JavaSdk/blob/master/src/main/java/com/meizu/push/sdk/server/constant/PushResponseCode.java";
const LIBRARY_HTTP: &str =
    "https://github.com/MEIZUPUSH/JavaSdk/blob/master/src/main/java/com/meizu/push/sdk/utils/HttpClient.java";

pub(super) const SUCCESS: &str = "200";
pub(super) const MOVED: &str = "300";
/// Our name for a success whose list of failed tokens makes no sense.
pub(super) const UNREADABLE: &str = "200 value";

/// The limit is one of requests a second, usually 200 (<https://help.aliyun.com/document_detail/616229.html>).
const RATE: Verdict = rate_limited(1);

/// The answer to a message. Meizu's own library repeats after 5xx and nothing else.
pub(super) static MESSAGES: Classifier<&str> = Classifier::of(CODES, HTTP_STATUSES).other_4xx(Rejected);

/// `code` of an answer, but for success.
pub(super) const CODES: &[Row<&str>] = &[
    // an address of Meizu's is followed; here is none
    row(MOVED, Unavailable, "the request belongs to another address", API_CODES),
    row("500", Unavailable, "another exception", API_CODES),
    row("1001", Unavailable, "an error inside Meizu", API_CODES),
    row("1003", Unavailable, "the server is busy", API_CODES),
    row("1005", Rejected, "a parameter is wrong", API_CODES),
    // nothing is signed that expires: a wrong signature is a wrong secret
    row("1006", Credential, "the signature is wrong", API_CODES),
    row("110000", Credential, "the app id is invalid", API_CODES),
    row("110001", Credential, "the app key is invalid", API_CODES),
    // the documents do not say which token of a request is meant
    row("110002", SUSPECT, "the token is not registered", API_CODES),
    row("110003", SUSPECT, "the token is invalid", API_CODES),
    row("110004", Rejected, "a parameter is empty", API_CODES),
    row("110009", Credential, "the app is on Meizu's blacklist", API_CODES),
    row("110010", RATE, "the app sends too many requests a second", API_CODES),
    row("110019", QuotaUsedUp, "the app's pushes of the day are used up", API_CODES),
    row("110031", Credential, "the package name is invalid", API_CODES),
    row("110032", Rejected, "the task id is invalid", API_CODES),
    row("110033", Credential, "the app secret is invalid", API_CODES),
    row("110051", QuotaUsedUp, "the app's requests of the day are used up", API_CODES),
    // such messages are never sent
    row("110053", Rejected, "too many messages to the app itself", API_CODES),
    row("-1", Rejected, "no more is known", LIBRARY_CODES),
];

/// Keys of `value`: what became of single tokens of a request that was accepted.
pub(super) const TOKEN_CODES: &[Row<&str>] = &[
    row("201", Rejected, "the server refuses: a right is missing", API),
    row("501", Unavailable, "an error of Meizu's database", API),
    row("513", Unavailable, "an error inside Meizu", API),
    row("518", RATE, "over the configured rate", LIBRARY_TOKEN_CODES),
    row("519", Unavailable, "the service is overloaded", API),
    // another copy would be one more
    row("520", Rejected, "folded on the phone, over five in a minute", API),
    row("110002", UNREGISTERED, "the token is not subscribed any more", API),
    row("110003", UNREGISTERED, "the token is invalid", API),
    // no request of ours names an alias
    row("110005", Rejected, "the alias is not subscribed, or switched off", API),
    // the person may switch them on again: the token is well
    row("110010", Rejected, "the person switched the app's notifications off", API),
    // private messages are not counted
    row("110011", Rejected, "as many public messages as this phone may get a day", API),
];

/// HTTP statuses of answers that say nothing else.
pub(super) const HTTP_STATUSES: &[Row<u16>] = &[
    row(400, Rejected, "the request is malformed", LIBRARY_HTTP),
    row(401, Rejected, "the request is not authenticated", LIBRARY_HTTP),
    row(403, Rejected, "the request is not allowed", LIBRARY_HTTP),
    row(404, Rejected, "no such address", LIBRARY_HTTP),
    row(405, Rejected, "the address takes no POST", LIBRARY_HTTP),
    row(413, Rejected, "the request is too long", LIBRARY_HTTP),
    row(429, RATE, "too many requests", LIBRARY_HTTP),
    row(500, Unavailable, "an error inside Meizu", LIBRARY_HTTP),
    row(502, Unavailable, "a gateway got no valid answer", LIBRARY_HTTP),
    row(503, Unavailable, "the service is overloaded", LIBRARY_HTTP),
    row(504, Unavailable, "a gateway got no answer in time", LIBRARY_HTTP),
];

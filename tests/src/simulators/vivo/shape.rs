//! The fields of each request, as tables. A body that does not match gets status 400, because vivo parses bodies into
//! typed objects first.
//!
//! Source: <https://dev.vivo.com.cn/documentCenter/doc/362>.

use serde_json::Value;

use crate::simulators::engine::Request;
use crate::simulators::engine::schema::{self, Kind, Reading, Shape, Violation, What};

const READING: Reading = Reading { camel_case: false, null_is_absent: false, quoted_integers: false };

const AUTH: Shape =
    &[("appId", Kind::Number), ("appKey", Kind::Text), ("timestamp", Kind::Number), ("sign", Kind::Text)];

const SEND: Shape = &[
    ("regId", Kind::Text),
    ("alias", Kind::Text),
    ("profileId", Kind::Text),
    ("appId", Kind::Number),
    ("notifyType", Kind::Int32),
    ("title", Kind::Text),
    ("content", Kind::Text),
    ("timeToLive", Kind::Int32),
    ("skipType", Kind::Int32),
    ("skipContent", Kind::Text),
    ("networkType", Kind::Int32),
    ("classification", Kind::Int32),
    ("category", Kind::Text),
    ("clientCustomMap", Kind::Map(&Kind::Text)),
    ("extra", Kind::Map(&Kind::Text)),
    ("requestId", Kind::Text),
    ("pushMode", Kind::Int32),
    ("notifyId", Kind::Int32),
    ("foregroundShow", Kind::Bool),
    ("sendOnline", Kind::Bool),
    ("addBadge", Kind::Bool),
    ("auditReview", Kind::List(&Kind::Free)),
    ("timedDisplay", Kind::Free),
    ("serverSdkVer", Kind::Text),
];

const LIST: Shape = &[
    ("appId", Kind::Number),
    ("taskId", Kind::Text),
    ("regIds", Kind::List(&Kind::Text)),
    ("aliases", Kind::List(&Kind::Text)),
    ("requestId", Kind::Text),
    ("pushMode", Kind::Int32),
];

/// Returns the body, if its names and types match the path.
pub fn read(request: &Request) -> Result<Value, String> {
    let shape = match request.path.as_str() {
        "/message/auth" => AUTH,
        "/message/pushToList" => LIST,
        _ => SEND,
    };
    if request.media_type() != "application/json" {
        return Err("Content-Type must be application/json".to_owned());
    }
    let raw = request.json().map_err(|error| format!("the body is no JSON: {error}"))?;
    schema::read(&raw, Kind::Object(shape), READING).map_err(|violations| described(&violations))
}

/// Returns one message that names every violation.
fn described(violations: &[Violation]) -> String {
    let one = |Violation { at, what }: &Violation| match what {
        What::UnknownName(name) | What::RepeatedName(name) => format!("unknown field {at} {name}"),
        What::WrongValue { expected, .. } => format!("{at} must be {expected}"),
    };
    violations.iter().map(one).collect::<Vec<_>>().join(", ")
}

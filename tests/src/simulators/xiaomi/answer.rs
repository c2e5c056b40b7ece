//! Xiaomi's answers. Numbers inside `data` are strings; an error has a `reason` and no `data`.
//!
//! Codes: <https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1560>.

use serde_json::{Value, json};

use crate::simulators::engine::{Answer, digits};

/// The code and reason of each answer that the simulator gives. Xiaomi's page has many more.
const REASONS: &[(&str, &str)] = &[
    ("-1", "unknown error"),
    ("10001", "System error"),
    ("10002", "Service unavailable"),
    ("10007", "Unsupport mediatype"),
    ("10008", "Param error, see doc for more info"),
    ("10016", "Miss required parameter"),
    ("10017", "Parameter value invalid"),
    ("10018", "Request body length over limit"),
    ("10021", "HTTP METHOD is not suported for this request"),
    ("10029", "Illegal device"),
    ("20301", "Send message failed"),
    ("21301", "Authentication failed"),
    ("21302", "Token authentication failed"),
    ("22022", "Package name invalid"),
    ("27001", "invalid channel info!"),
    ("65009", "Message too long"),
    ("65014", "Too many key-value pairs"),
    ("65015", "Key-value pairs too long"),
    ("65036", "Callback param too long"),
    ("65038", "Callback url invalid"),
    ("200001", "exceed quota, quota: 500000, have acked: 500000"),
    ("200002", "exceed QPS limit"),
];

/// Returns the answer for a code with its usual reason. Codes outside the table have no reason.
pub fn coded(code: &str) -> Answer {
    let reason = REASONS.iter().find(|row| row.0 == code).map_or("Unknown", |row| row.1);
    coded_with(code, reason)
}

/// Returns the answer for a code with another reason.
pub fn coded_with(code: &str, reason: &str) -> Answer {
    if code == "0" {
        return taken(&message_id(), &[], 1);
    }
    let number = code.parse::<i64>().map_or(Value::from(code), Value::from);
    let trace = format!("Xlm{}", digits(17));
    document(&json!({"result": "error", "reason": reason, "trace_id": trace, "code": number, "description": reason}))
}

/// Returns the answer to a message that at least one token accepted.
pub fn taken(id: &str, bad: &[&str], tokens: usize) -> Answer {
    let mut data = json!({"id": id, "day_quota": "500000", "day_acked": "1203"});
    if !bad.is_empty() {
        data["bad_regids"] = json!(bad.join(","));
    }
    document(&json!({
        "result": "ok",
        "trace_id": format!("Xcm{}", digits(17)),
        "code": 0,
        "data": data,
        "description": "成功",
        "info": format!("Received push messages for {tokens} REGID"),
    }))
}

pub fn message_id() -> String {
    format!("slm{}", digits(17))
}

fn document(body: &Value) -> Answer {
    Answer::text(200, "application/json;charset=UTF-8", body.to_string())
}

//! vivo's answers: status 200 for every code.
//!
//! Codes: <https://dev.vivo.com.cn/documentCenter/doc/362>.

use serde_json::{Value, json};

use crate::simulators::engine::Answer;

/// Code, description.
const CODES: &[(&str, &str)] = &[
    ("0", "请求成功"),
    ("10000", "权限认证失败"),
    ("10040", "当前资源已达上限，请稍后重试"),
    ("10050", "alias和regId不能都为空"),
    ("10054", "notifyType不合法"),
    ("10055", "title不能为空"),
    ("10056", "title不能超过40个字符"),
    ("10057", "content不能为空"),
    ("10058", "content不能超过100个字符"),
    ("10059", "timeToLive不合法"),
    ("10060", "skipType不合法"),
    ("10070", "发送数量超过最大限制"),
    ("10072", "发送速度过快"),
    ("10073", "系统消息发送数量超过最大限制"),
    ("10093", "鉴权接口调用过于频繁"),
    ("10094", "appId与authToken不匹配"),
    ("10096", "category不合法"),
    ("10097", "category与classification不匹配"),
    ("10104", "正式消息内容不合规"),
    ("10206", "sign不合法"),
    ("10302", "regId不合法"),
];

/// Returns the answer for a code with its usual description.
pub fn coded(code: &str) -> Answer {
    document(code, json!({}))
}

/// Returns the answer to a message that was accepted for one phone, or saved for a list.
pub fn taken(task_id: &str) -> Answer {
    document("0", json!({"taskId": task_id}))
}

/// Returns the answer with an access token.
pub fn token(token: &str) -> Answer {
    document("0", json!({"authToken": token}))
}

/// Returns the answer for a phone that cannot be reached.
pub fn invalid_user(token: &str, status: u64) -> Answer {
    document("10302", json!({"invalidUser": {"status": status, "userid": token}}))
}

/// Returns the answer to an accepted list, with the phones that failed.
pub fn list(request_id: &str, invalid: &[(&str, u64)]) -> Answer {
    let mut more = json!({"requestId": request_id});
    if !invalid.is_empty() {
        more["invalidUsers"] =
            invalid.iter().map(|(token, status)| json!({"status": status, "userid": token})).collect();
    }
    document("0", more)
}

/// Returns the answer to a body that is no JSON, or has a value of another type.
pub fn bad_request() -> Answer {
    Answer::json(400, &json!({"status": 400, "error": "Bad Request"}))
}

/// Returns an internal error.
pub fn fault() -> Answer {
    Answer::text(500, "text/plain", "Internet server error!")
}

fn document(code: &str, more: Value) -> Answer {
    let description = CODES.iter().find(|row| row.0 == code).map_or("请求失败", |row| row.1);
    let mut body = json!({"result": code.parse::<i64>().unwrap_or(-1), "desc": description});
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    Answer::text(200, "application/json;charset=UTF-8", body.to_string())
}

//! Meizu's answers: status 200 with any code. The code is a string.
//!
//! Codes: <https://github.com/MEIZUPUSH/PushAPI#接口响应规范>.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::simulators::engine::{Answer, digits};

const CODES: &[(&str, &str)] = &[
    ("200", ""),
    ("300", "重定向"),
    ("500", "其他异常"),
    ("1001", "系统错误"),
    ("1003", "服务器忙"),
    ("1005", "参数错误，请参考API文档"),
    ("1006", "签名认证失败"),
    ("110000", "appId不合法"),
    ("110001", "appKey不合法"),
    ("110002", "pushId未注册"),
    ("110003", "pushId非法"),
    ("110004", "参数不能为空"),
    ("110009", "应用被加入黑名单"),
    ("110010", "应用请求频率超过限制"),
    ("110019", "超过该应用每天推送次数限制"),
    ("110031", "packageName不合法"),
    ("110032", "非法的taskId"),
    ("110033", "非法的appSecret"),
    ("110051", "超过该应用的次数限制"),
    ("110053", "透传超过限制"),
];

/// Returns the answer for a code with its usual message.
pub fn coded(code: &str) -> Answer {
    let message = CODES.iter().find(|row| row.0 == code).map_or("未知错误", |row| row.1);
    document(&json!({"code": code, "message": message, "value": "", "redirect": ""}))
}

/// Returns an accepted result. It lists the failed tokens under their codes.
pub fn accepted(message_id: &str, failed: &BTreeMap<String, Vec<String>>) -> Answer {
    document(&json!({"code": "200", "message": "", "value": failed, "msgId": message_id, "redirect": ""}))
}

pub fn message_id() -> String {
    digits(32)
}

fn document(body: &Value) -> Answer {
    Answer::text(200, "application/json; charset=UTF-8", body.to_string())
}

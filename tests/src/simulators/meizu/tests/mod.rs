mod auth;
mod fields;
mod send;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{NAME, SEND, auth::sign};
use crate::simulators::meizu::account::{APP, SECRET};
use crate::simulators::testing::{Caller, Got};

const TOKEN: &str = "RA50c6348036344485d01776773577c64740465480a6b";

/// Returns a chat notification.
fn chat() -> Value {
    json!({
        "noticeBarInfo": {"noticeMsgType": 1, "noticeBarType": 0, "title": "张三", "content": "晚上一起吃饭吗？ a&b=c+d"},
        "noticeExpandInfo": {"noticeExpandType": 0},
        "clickTypeInfo": {
            "clickType": 1, "activity": "com.example.im.ui.PushOpenActivity", "parameters": {"conv": "c_1001", "m": "m_9"},
        },
        "pushTimeInfo": {"offLine": 1, "validTime": 24},
        "advanceInfo": {
            "suspend": 1, "clearNoticeBar": 1, "notificationType": {"vibrate": 1, "lights": 1, "sound": 1},
            "notifyKey": "q3ZxT0aB",
        },
    })
}

fn body(fields: &[(String, String)]) -> String {
    let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    pairs.join("&")
}

/// Returns the signed form of a push.
fn signed(fields: &[(&str, &str)], secret: &str) -> String {
    let mut fields: Vec<(String, String)> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    fields.push(("sign".to_owned(), sign(&fields, secret)));
    body(&fields)
}

fn send_with(caller: &Caller, tokens: &[&str], message: &Value, more: &[(&str, &str)]) -> Got {
    let (tokens, message) = (tokens.join(","), message.to_string());
    let mut fields = vec![("appId", APP), ("pushIds", &tokens), ("messageJson", &message)];
    fields.extend(more);
    caller.form(SEND, &signed(&fields, SECRET))
}

fn send(caller: &Caller, tokens: &[&str], message: &Value) -> Got {
    send_with(caller, tokens, message, &[])
}

fn caller() -> Caller {
    Caller::of(NAME)
}

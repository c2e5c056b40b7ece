mod auth;
mod fields;
mod send;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{NAME, OppoCredential, auth::signature};
use crate::simulators::engine::NewCredential;
use crate::simulators::engine::time::now_ms;
use crate::simulators::oppo::account::{self, KEY, SECRET};
use crate::simulators::testing::{Caller, Got};

const AUTH: &str = "/server/v1/auth";
const UNICAST: &str = "/server/v1/message/notification/unicast";
const BATCH: &str = "/server/v1/message/notification/unicast_batch";
const TOKEN: &str = "OPPO_CN_8fa0618f178145d8c2a44091a1326411";

/// Returns the body of a request for an access token.
fn grant() -> String {
    let now = now_ms().to_string();
    format!("app_key={KEY}&timestamp={now}&sign={}", signature(KEY, &now, SECRET))
}

fn caller_with_token() -> (Caller, String) {
    let caller = Caller::of(NAME);
    let (status, body) = caller.form(AUTH, &grant());
    assert_eq!((status, &body["code"]), (200, &json!(0)), "{body}");
    (caller, body["data"]["auth_token"].as_str().unwrap().to_owned())
}

/// Registers the test account with other rights.
fn change(caller: &Caller, change: impl FnOnce(&mut OppoCredential)) {
    let mut known = account::known();
    change(&mut known);
    caller.control.add_credential(NewCredential::new(NAME, serde_json::to_value(known).unwrap())).unwrap();
}

/// Returns a chat message to a token.
fn chat(token: &str) -> Value {
    json!({
        "target_type": 2, "target_value": token, "verify_registration_id": true,
        "notification": {
            "app_message_id": "m_9", "style": 1, "title": "张三", "content": "晚上一起吃饭吗",
            "channel_id": "im_chat", "category": "IM", "notify_level": 2,
            "click_action_type": 4, "click_action_activity": "com.example.im.ChatActivity",
            "action_parameters": "{\"conv\":\"c_1\",\"msg\":\"m_9\"}",
            "notify_id": 1_830_442_917, "off_line": true, "off_line_ttl": 86_400, "show_ttl": 86_400,
            "badge_operation_type": 0, "badge_message_count": 5,
            "call_back_url": "https://push.example.com/cb/oppo/9f2c", "call_back_parameter": "m_9",
        },
    })
}

fn send(caller: &Caller, access: &str, message: &Value) -> Got {
    post(caller, UNICAST, access, "message", message)
}

fn send_all(caller: &Caller, access: &str, messages: &Value) -> Got {
    post(caller, BATCH, access, "messages", messages)
}

fn post(caller: &Caller, path: &str, access: &str, field: &str, value: &Value) -> Got {
    let value = value.to_string();
    caller.form(path, &format!("auth_token={access}&{field}={}", utf8_percent_encode(&value, NON_ALPHANUMERIC)))
}

mod auth;
mod fields;
mod list;
mod send;

use serde_json::{Value, json};

use super::{NAME, VivoCredential, auth::signature};
use crate::simulators::engine::{NewCredential, time};
use crate::simulators::testing::{Caller, Got};
use crate::simulators::vivo::account::{self, APP, KEY};

const TOKEN: &str = "v2-CRlLxq0m0ExampleExampleExampleExampleExampleExample01";

/// Returns a valid request for an access token.
fn grant() -> Value {
    let now = time::now_ms();
    let sign = signature(&account::known(), now);
    json!({"appId": APP, "appKey": KEY, "timestamp": now, "sign": sign})
}

fn call(caller: &Caller, path: &str, access: &str, body: &Value) -> Got {
    caller.post(path, &[("content-type", "application/json"), ("authtoken", access)], body.to_string())
}

fn exchange(caller: &Caller, body: &Value) -> Got {
    caller.post("/message/auth", &[("content-type", "application/json;charset=UTF-8")], body.to_string())
}

fn caller_with_token() -> (Caller, String) {
    let caller = Caller::of(NAME);
    let (status, body) = exchange(&caller, &grant());
    assert_eq!((status, &body["result"]), (200, &json!(0)), "{body}");
    (caller, body["authToken"].as_str().unwrap().to_owned())
}

/// Registers the test account with a change.
fn change(caller: &Caller, change: impl FnOnce(&mut VivoCredential)) {
    let mut known = account::known();
    change(&mut known);
    caller.control.add_credential(NewCredential::new(NAME, serde_json::to_value(known).unwrap())).unwrap();
}

/// Returns a chat notification for a list.
fn message() -> Value {
    json!({
        "appId": APP, "notifyType": 4, "title": "张三", "content": "晚上一起吃饭吗？", "timeToLive": 86_400, "skipType": 4,
        "skipContent": "intent:#Intent;component=com.example.im/com.example.im.Chat;S.conv=c_1001;end", "networkType": -1,
        "classification": 1, "category": "IM", "notifyId": 734_521, "clientCustomMap": {"conv": "c_1001", "m": "m_9"},
        "extra": {"callback.id": "30127", "callback.param": "c_1001:m_9"}, "requestId": "0197c3d4a2b87e0f9d1c",
        "pushMode": 0, "foregroundShow": false, "addBadge": true,
    })
}

/// Returns a chat notification for one phone.
fn chat(token: &str) -> Value {
    let mut message = message();
    message["regId"] = json!(token);
    message
}

fn send(caller: &Caller, access: &str, body: &Value) -> Got {
    call(caller, "/message/send", access, body)
}

fn save(caller: &Caller, access: &str, body: &Value) -> Got {
    call(caller, "/message/saveListPayload", access, body)
}

fn push(caller: &Caller, access: &str, task_id: &Value, tokens: &[&str]) -> Got {
    let body = json!({"appId": APP, "taskId": task_id, "regIds": tokens, "requestId": "r1"});
    call(caller, "/message/pushToList", access, &body)
}

mod auth;
mod fields;
mod send;

use serde_json::{Value, json};

use super::NAME;
use crate::simulators::engine::time::now_ms;
use crate::simulators::honor::account::APP;
use crate::simulators::testing::{Caller, Got};

const GRANT: &str =
    "grant_type=client_credentials&client_id=6c5e1d0b7a1f4c0f9d3e2b1a00000001&client_secret=Ab%2B9%2FxYz%3D%3D";
const TOKEN: &str = "BAEAAAAAexample1";

fn caller_with_token() -> (Caller, String) {
    let caller = Caller::of(NAME);
    let (status, body) = caller.form("/auth/token", GRANT);
    assert_eq!(status, 200, "{body}");
    (caller, body["access_token"].as_str().unwrap().to_owned())
}

/// Returns a chat notification to these tokens.
fn chat(tokens: &[&str]) -> Value {
    json!({
        "notification": {"title": "Alice", "body": "Are you coming tonight?"},
        "android": {
            "ttl": "86400s", "biTag": "m778899", "targetUserType": 0,
            "notification": {
                "title": "Alice", "body": "Are you coming tonight?", "importance": "NORMAL",
                "clickAction": {"type": 1, "intent": "intent://com.example.im/chat?#Intent;scheme=imdemo;launchFlags=0x4000000;S.conv=c_10086;end"},
                "badge": {"addNum": 1, "badgeClass": "com.example.im.MainActivity"},
                "notifyId": 10086, "tag": "c_10086",
            },
        },
        "token": tokens,
    })
}

fn send(caller: &Caller, access_token: &str, body: &Value) -> Got {
    send_at(caller, access_token, body, &now_ms().to_string())
}

fn send_at(caller: &Caller, access_token: &str, body: &Value, timestamp: &str) -> Got {
    let bearer = format!("Bearer {access_token}");
    let headers = [
        ("content-type", "application/json; charset=UTF-8"),
        ("authorization", bearer.as_str()),
        ("timestamp", timestamp),
    ];
    caller.post(&format!("/api/v1/{APP}/sendMessage"), &headers, body.to_string())
}

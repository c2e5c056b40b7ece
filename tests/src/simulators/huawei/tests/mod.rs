mod auth;
mod fields;
mod harmony;
mod revoke;
mod send;

use serde_json::{Value, json};

use super::NAME;
use crate::simulators::huawei::account::{APP, PROJECT};
use crate::simulators::testing::{Caller, Got};

const GRANT: &str = "grant_type=client_credentials&client_id=101234567&client_secret=a%2Bb%2Fc%3D0123456789abcdef";
const TOKEN: &str = "0861234567890123300001234500CN01";

fn caller_with_token() -> (Caller, String) {
    let caller = Caller::of(NAME);
    let (status, body) = caller.form("/oauth2/v3/token", GRANT);
    assert_eq!(status, 200, "{body}");
    (caller, body["access_token"].as_str().unwrap().to_owned())
}

/// Returns a chat notification to these tokens.
fn chat(tokens: &[&str]) -> Value {
    json!({"validate_only": false, "message": {
        "android": {
            "category": "IM", "ttl": "86400s", "collapse_key": -1, "bi_tag": "m778899", "target_user_type": 0,
            "notification": {
                "title": "Alice", "body": "Are you coming tonight?", "importance": "NORMAL", "channel_id": "im_message",
                "click_action": {"type": 1, "intent": "intent://com.example.im/chat?#Intent;scheme=imdemo;launchFlags=0x4000000;S.conv=c_10086;end"},
                "badge": {"add_num": 1, "class": "com.example.im.MainActivity"},
                "tag": "c_10086", "notify_id": 10086, "foreground_show": false,
            },
        },
        "token": tokens,
    }})
}

fn send(caller: &Caller, access_token: &str, body: &Value) -> Got {
    caller.json(&format!("/v2/{PROJECT}/messages:send"), access_token, body.to_string())
}

fn send_v1(caller: &Caller, access_token: &str, body: &Value) -> Got {
    caller.json(&format!("/v1/{APP}/messages:send"), access_token, body.to_string())
}

//! What is sent.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shared::domain::vendor::Vendor;

use super::{FCM, TOKEN_PATH, accepted, key_file, taken};
use crate::testing::{Call, object, of_each_class, warnings};

#[tokio::test]
async fn a_push_is_a_token_request_and_a_message() {
    let server = FCM.server(taken);
    let report = FCM.push(&server, &FCM.call(&["t1"])).await;
    assert_eq!(report.outcomes, Ok(vec![accepted("t1")]));
    assert_eq!(report.answer.shown(), json!({"name": "projects/im-demo-1234/messages/t1"}));

    let seen = server.seen();
    let (token, message) = (&seen[0], &seen[1]);
    assert_eq!((token.method.as_str(), token.path.as_str()), ("POST", TOKEN_PATH));
    assert_eq!(token.header("content-type"), Some("application/x-www-form-urlencoded"));
    let (grant, assertion) = token.text().split_once("&assertion=").unwrap();
    assert_eq!(grant, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer");
    let claims = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["aud"], "https://oauth2.googleapis.com/token", "Google's own address, wherever it goes");

    assert_eq!(
        (message.method.as_str(), message.path.as_str()),
        ("POST", "/fcm/v1/projects/im-demo-1234/messages:send")
    );
    assert_eq!(message.header("authorization"), Some("Bearer token-1"));
    assert_eq!(message.header("content-type"), Some("application/json; charset=UTF-8"));
    assert_eq!(
        message.json(),
        json!({"message": {
            "token": "t1",
            "data": {"f": "alice", "t": "bob", "m": "01K0000000000000000000000M", "e": "{\"room\":7}"},
            "android": {
                "priority": "HIGH",
                "ttl": "86400s",
                "notification": {
                    "title": "Alice",
                    "body": "Are you coming tonight?",
                    "tag": "01K0000000000000000000000M",
                    "sound": "default",
                },
            },
        }})
    );
}

#[tokio::test]
async fn options_of_the_message_beat_those_of_the_notifier() {
    let server = FCM.server(taken);
    let mut call = FCM.call(&["t1"]);
    call.options = object(json!({
        "channel_id": "quiet", "priority": "NORMAL", "click_action": "com.example.im.OPEN_CHAT", "collapse_key": "chat",
        "sound": "ping", "icon": "ic_chat", "color": "#00ff99", "analytics_label": "of-notifier"
    }));
    call.notification.options =
        object(json!({"fcm_channel_id": "loud", "fcm_click_action": "com.example.im.OPEN_NOTICE",
        "fcm_options": {"analytics_label": "of-message"}, "vivo_category": 7}));
    FCM.push(&server, &call).await.outcomes.unwrap();
    let message = &FCM.sends(&server)[0].json()["message"];
    assert_eq!(message["fcm_options"], json!({"analytics_label": "of-message"}));
    assert_eq!(message["android"]["priority"], "NORMAL");
    assert_eq!(message["android"]["collapse_key"], "chat");
    let shown = &message["android"]["notification"];
    assert_eq!(shown["channel_id"], "loud");
    assert_eq!(shown["click_action"], "com.example.im.OPEN_NOTICE");
    assert_eq!(
        (&shown["sound"], &shown["icon"], &shown["color"]),
        (&json!("ping"), &json!("ic_chat"), &json!("#00ff99"))
    );
}

#[tokio::test]
async fn custom_data_is_strings_without_reserved_keys() {
    let server = FCM.server(taken);
    let mut call = FCM.call(&["t1"]);
    call.notification.custom = object(json!({
        "from": "x", "message_type": "x", "google.a": "x", "gcm.notification.b": "x", "": "x",
        "number": 7, "flag": true, "nothing": null, "list": ["a"], "text": "\"quoted\""
    }));
    FCM.push(&server, &call).await.outcomes.unwrap();
    assert_eq!(
        FCM.sends(&server)[0].json()["message"]["data"],
        json!({"number": "7", "flag": "true", "list": "[\"a\"]", "text": "\"quoted\""})
    );
}

#[tokio::test]
async fn long_texts_are_cut_and_a_long_life_is_shortened() {
    let server = FCM.server(taken);
    let call = FCM.call(&["t1"]).with_long_texts(61, 241);
    FCM.push(&server, &call).await.outcomes.unwrap();
    let android = &FCM.sends(&server)[0].json()["message"]["android"];
    assert_eq!(android["notification"]["title"], "题".repeat(59) + "…");
    assert_eq!(android["notification"]["body"], "文".repeat(239) + "…");
    assert_eq!(android["ttl"], "2419200s");
}

#[tokio::test]
async fn what_fcm_would_refuse_is_not_sent() {
    FCM.assert_large_custom_data_is_not_sent("payload over 4096 bytes").await;
    FCM.assert_wrong_option_is_not_sent("fcm_channel_id", json!(7), "must be a string").await;
}

#[tokio::test]
async fn a_token_is_written_as_json() {
    let server = FCM.server(taken);
    let token = r#"a"b\c:d"#;
    assert_eq!(FCM.push(&server, &FCM.call(&[token])).await.outcomes, Ok(vec![accepted(token)]));
}

// ----- classes -----

#[tokio::test]
async fn advertising_wakes_no_phone_unless_an_operator_says_so() {
    let priority = async |call: &Call| {
        let server = FCM.server(taken);
        FCM.push(&server, call).await.outcomes.unwrap();
        FCM.sends(&server)[0].json()["message"]["android"]["priority"].clone()
    };
    assert_eq!(of_each_class(FCM.call(&["t1"]), priority).await, ["HIGH", "HIGH", "HIGH", "HIGH", "NORMAL"]);
    let mut configured = FCM.call(&["t1"]);
    configured.options = object(json!({"priority": "HIGH"}));
    assert_eq!(of_each_class(configured, priority).await, ["HIGH"; 5]);
}

#[test]
fn a_preflight_misses_the_channel_and_doubts_a_low_priority() {
    let file = key_file();
    let met = |options| warnings(Vendor::Fcm, &file, options);
    assert_eq!(met(json!({})), ["im mention call system marketing: options.channel_id"]);
    assert_eq!(met(json!({"channel_id": "im", "priority": "NORMAL"})), ["im mention call system: options.priority"]);
    assert!(met(json!({"channel_id": "im"})).is_empty());
}

//! What is sent.

use shared::{ports::vendor::Credential, testing::chance::FixedClock};

use super::*;
use crate::{
    message::replace_id,
    testing::{object, of_each_class, warnings},
};

#[tokio::test]
async fn a_push_is_a_token_request_and_a_message() {
    let server = HONOR.server(|_| taken());
    let report = HONOR.push(&server, &HONOR.call(&["t1", "t2"])).await;
    assert_eq!(report.outcomes, Ok(vec![accepted(), accepted()]));
    assert_eq!(report.answer.shown()["data"]["requestId"], "r1");

    let seen = server.seen();
    let (token, message) = (&seen[0], &seen[1]);
    assert_eq!((token.method.as_str(), token.path.as_str()), ("POST", TOKEN_PATH));
    assert_eq!(token.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(
        token.text(),
        "grant_type=client_credentials&client_id=6c5e1d0b7a1f4c0f9d3e2b1a00000001&client_secret=Ab%2B9%2FxYz%3D%3D"
    );
    assert_eq!((message.method.as_str(), message.path.as_str()), ("POST", "/honor/api/v1/104400001/sendMessage"));
    assert_eq!(message.header("authorization"), Some("Bearer token-1"));
    assert_eq!(message.header("content-type"), Some("application/json; charset=UTF-8"));
    let now = shared::ports::clock::Clock::now(&FixedClock::default()).as_millis().to_string();
    assert_eq!(message.header("timestamp"), Some(now.as_str()), "in milliseconds");
    let custom = r#"{"e":{"room":7},"f":"alice","m":"01K0000000000000000000000M","t":"bob"}"#;
    assert_eq!(
        message.json(),
        json!({
            "token": ["t1", "t2"],
            "data": custom,
            "android": {
                "ttl": "86400s",
                "biTag": "01K0000000000000000000000M",
                "notification": {
                    "title": "Alice",
                    "body": "Are you coming tonight?",
                    "clickAction": {"type": 3},
                    "importance": "NORMAL",
                    "tag": "01K0000000000000000000000M",
                    "notifyId": replace_id::number("01K0000000000000000000000M"),
                },
            },
        })
    );
}

#[tokio::test]
async fn older_addresses_are_used_where_they_are_configured() {
    let server = HONOR.server(|_| taken());
    let mut record = record();
    record["auth_url"] = json!("https://iam.developer.hihonor.com/auth/realms/developer/protocol/openid-connect/token");
    record["push_base_url"] = json!("https://push-api.cloud.hihonor.com/");
    let mut call = HONOR.call(&["t1"]);
    call.credential = Credential::new(record, "fingerprint".into());
    HONOR.push(&server, &call).await;
    assert_eq!(server.seen()[0].path, "/honor/auth/realms/developer/protocol/openid-connect/token");
}

#[tokio::test]
async fn without_the_right_to_service_messages_a_message_is_called_marketing_unless_an_option_says_otherwise() {
    let importance = async |call: &Call| sent(call).await["android"]["notification"]["importance"].clone();
    let mut ungranted = record();
    ungranted["service_right_granted"] = json!(false);
    let mut call = Call::new(ungranted, &["t1"]);
    assert_eq!(importance(&call).await, "LOW");
    call.options = object(json!({"importance": "NORMAL"}));
    assert_eq!(importance(&call).await, "NORMAL");
    call.notification.options = object(json!({"honor_importance": "LOW"}));
    assert_eq!(importance(&call).await, "LOW");
}

#[tokio::test]
async fn options_of_the_message_beat_those_of_the_notifier() {
    let mut call = HONOR.call(&["t1"]);
    call.options = object(json!({
        "badge_class": "com.example.im.MainActivity", "target_user_type": 0, "click_action": "com.example.im.OPEN_CHAT"
    }));
    let android = &sent(&call).await["android"];
    assert_eq!(android["targetUserType"], 0);
    let shown = &android["notification"];
    assert_eq!(shown["badge"], json!({"addNum": 1, "badgeClass": "com.example.im.MainActivity"}));
    assert_eq!(shown["clickAction"], json!({"type": 1, "action": "com.example.im.OPEN_CHAT"}));

    call.notification.options =
        object(json!({"honor_target_user_type": 1, "honor_click_action": "https://example.com/chat"}));
    let android = &sent(&call).await["android"];
    assert_eq!(android["targetUserType"], 1);
    assert_eq!(android["notification"]["clickAction"], json!({"type": 2, "url": "https://example.com/chat"}));
}

#[tokio::test]
async fn an_intent_carries_custom_data_as_its_extras() {
    let mut call = HONOR.call(&["t1"]);
    call.options = object(json!({"click_action": "intent://com.example.im/chat?#Intent;scheme=imdemo;end"}));
    call.notification.custom = object(json!({"m": "1", "g": "群", "e": {"a": "b;c"}, "nothing": null}));
    let message = sent(&call).await;
    assert_eq!(message["data"], Value::Null);
    assert_eq!(
        message["android"]["notification"]["clickAction"],
        json!({"type": 1, "intent": "intent://com.example.im/chat?#Intent;scheme=imdemo;S.e=%7B%22a%22%3A%22b%3Bc%22%7D;S.g=%E7%BE%A4;S.m=1;end"})
    );
}

#[tokio::test]
async fn long_texts_are_cut_and_a_long_life_is_shortened() {
    let call = HONOR.call(&["t1"]).with_long_texts(41, 257);
    let android = &sent(&call).await["android"];
    assert_eq!(android["notification"]["title"], "题".repeat(39) + "…");
    assert_eq!(android["notification"]["body"], "文".repeat(255) + "…");
    assert_eq!(android["ttl"], "1296000s");
    assert_eq!(android["biTag"], "é".repeat(32));
}

#[tokio::test]
async fn what_honor_would_refuse_is_not_sent() {
    HONOR.assert_large_custom_data_is_not_sent("413").await;
    HONOR.assert_wrong_option_is_not_sent("honor_importance", json!("HIGH"), "must be one of: LOW, NORMAL").await;

    let server = HONOR.server(|_| taken());
    let mut large = HONOR.call(&["t1"]).with("max_body_bytes", json!(8192));
    large.notification.custom = object(json!({"e": "x".repeat(4096)}));
    assert_eq!(HONOR.push(&server, &large).await.outcomes, Ok(vec![accepted()]), "the limit is configured");
}

#[tokio::test]
async fn a_token_is_written_as_json() {
    let token = r#"a"b\c:d"#;
    assert_eq!(sent(&HONOR.call(&[token])).await["token"], json!([token]));
}

// ----- classes -----

#[tokio::test]
async fn advertising_is_called_so_and_what_is_set_for_chat_holds_for_chat() {
    let importance = async |call: &Call| sent(call).await["android"]["notification"]["importance"].clone();
    assert_eq!(of_each_class(HONOR.call(&["t1"]), importance).await, ["NORMAL", "NORMAL", "NORMAL", "NORMAL", "LOW"]);
    let mut quiet = HONOR.call(&["t1"]);
    quiet.options = object(json!({"importance": "LOW"}));
    assert_eq!(of_each_class(quiet, importance).await, ["LOW", "LOW", "NORMAL", "NORMAL", "LOW"]);
    let without = HONOR.call(&["t1"]).with("service_right_granted", json!(false));
    assert_eq!(of_each_class(without, importance).await, ["LOW"; 5]);
}

#[test]
fn a_preflight_misses_the_right_to_service_messages() {
    let mut record = record();
    assert!(warnings(Vendor::Honor, &record, json!({})).is_empty());
    record["service_right_granted"] = json!(false);
    let met = warnings(Vendor::Honor, &record, json!({}));
    assert_eq!(met, ["im mention call system: credential.service_right_granted"]);
}

//! What is sent.

use serde_json::{Value, json};
use shared::domain::vendor::Vendor;

use super::*;
use crate::{
    message::replace_id,
    testing::{object, of_each_class, warnings},
};

#[tokio::test]
async fn a_push_is_a_token_request_and_a_message() {
    let server = HUAWEI.server(|_| answer("80000000"));
    let report = HUAWEI.push(&server, &HUAWEI.call(&["t1", "t2"])).await;
    assert_eq!(report.outcomes, Ok(vec![accepted(), accepted()]));
    assert_eq!(report.answer.shown(), json!({"code": "80000000", "msg": "told", "requestId": "r1"}));

    let seen = server.seen();
    let (token, message) = (&seen[0], &seen[1]);
    assert_eq!((token.method.as_str(), token.path.as_str()), ("POST", TOKEN_PATH));
    assert_eq!(token.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(
        token.text(),
        "grant_type=client_credentials&client_id=101234567&client_secret=a%2Bb%2Fc%3D0123456789abcdef"
    );
    assert_eq!((message.method.as_str(), message.path.as_str()), ("POST", "/huawei/v1/101234567/messages:send"));
    assert_eq!(message.header("authorization"), Some("Bearer token-1"));
    assert_eq!(message.header("content-type"), Some("application/json; charset=UTF-8"));
    let custom = r#"{"e":{"room":7},"f":"alice","m":"01K0000000000000000000000M","t":"bob"}"#;
    assert_eq!(
        message.json(),
        json!({"message": {
            "token": ["t1", "t2"],
            "data": custom,
            "android": {
                "ttl": "86400s",
                "bi_tag": "01K0000000000000000000000M",
                "notification": {
                    "title": "Alice",
                    "body": "Are you coming tonight?",
                    "click_action": {"type": 3},
                    "importance": "NORMAL",
                    "tag": "01K0000000000000000000000M",
                    "notify_id": replace_id::number("01K0000000000000000000000M"),
                },
            },
        }})
    );
}

#[tokio::test]
async fn the_second_interface_is_addressed_by_project() {
    let server = HUAWEI.server(|_| answer("80000000"));
    let mut call = HUAWEI.call(&["t1"]);
    let mut record = record();
    record["api"] = json!("v2");
    record["project_id"] = json!("736430079244623456");
    call.credential = shared::ports::vendor::Credential::new(record, "fingerprint".into());
    HUAWEI.push(&server, &call).await.outcomes.unwrap();
    assert_eq!(HUAWEI.sends(&server)[0].path, "/huawei/v2/736430079244623456/messages:send");
}

#[tokio::test]
async fn the_category_is_sent_only_with_the_right_to_classify() {
    let mut call = HUAWEI.call(&["t1"]);
    call.options = object(json!({"category": "WORK"}));
    assert_eq!(sent(&call).await["android"]["category"], Value::Null);

    let mut granted = record();
    granted["im_category_granted"] = json!(true);
    let mut call = Call::new(granted, &["t1"]);
    assert_eq!(sent(&call).await["android"]["category"], "IM");
    call.options = object(json!({"category": "WORK"}));
    assert_eq!(sent(&call).await["android"]["category"], "WORK");
    call.notification.options = object(json!({"huawei_category": "TRAVEL"}));
    assert_eq!(sent(&call).await["android"]["category"], "TRAVEL");
}

#[tokio::test]
async fn options_of_the_message_beat_those_of_the_notifier() {
    let mut call = HUAWEI.call(&["t1"]);
    call.options = object(json!({
        "channel_id": "quiet", "importance": "LOW", "badge_class": "com.example.im.MainActivity", "receipt_id": "RCP1",
        "target_user_type": 0, "collapse_key": 7, "click_action": "com.example.im.OPEN_CHAT"
    }));
    let android = &sent(&call).await["android"];
    assert_eq!((&android["collapse_key"], &android["receipt_id"]), (&json!(7), &json!("RCP1")));
    let shown = &android["notification"];
    assert_eq!(shown["badge"], json!({"add_num": 1, "class": "com.example.im.MainActivity"}));
    assert_eq!((&shown["channel_id"], &shown["importance"]), (&json!("quiet"), &json!("LOW")));
    assert_eq!(shown["click_action"], json!({"type": 1, "action": "com.example.im.OPEN_CHAT"}));

    call.notification.options = object(json!({
        "huawei_channel_id": "loud", "huawei_receipt_id": "RCP2", "huawei_target_user_type": 1,
        "huawei_click_action": "https://example.com/chat"
    }));
    let android = &sent(&call).await["android"];
    assert_eq!((&android["target_user_type"], &android["receipt_id"]), (&json!(1), &json!("RCP2")));
    assert_eq!(android["notification"]["channel_id"], "loud");
    assert_eq!(android["notification"]["click_action"], json!({"type": 2, "url": "https://example.com/chat"}));
}

#[tokio::test]
async fn an_intent_carries_custom_data_as_its_extras() {
    let mut call = HUAWEI.call(&["t1"]);
    call.options = object(json!({"click_action": "intent://com.example.im/chat?#Intent;scheme=imdemo;end"}));
    call.notification.custom = object(json!({"m": "1", "e": {"a": "b;c"}, "nothing": null}));
    let message = sent(&call).await;
    assert_eq!(message["data"], Value::Null);
    assert_eq!(
        message["android"]["notification"]["click_action"]["intent"],
        "intent://com.example.im/chat?#Intent;scheme=imdemo;S.e=%7B%22a%22%3A%22b%3Bc%22%7D;S.m=1;end"
    );
}

#[tokio::test]
async fn long_texts_are_cut_and_a_long_life_is_shortened() {
    let call = HUAWEI.call(&["t1"]).with_long_texts(41, 257);
    let android = &sent(&call).await["android"];
    assert_eq!(android["notification"]["title"], "题".repeat(39) + "…");
    assert_eq!(android["notification"]["body"], "文".repeat(255) + "…");
    assert_eq!(android["ttl"], "1296000s");
    assert_eq!(android["bi_tag"], "é".repeat(32));
}

#[tokio::test]
async fn what_huawei_would_refuse_is_not_sent() {
    HUAWEI.assert_large_custom_data_is_not_sent("80300008").await;
    let rule = "must be a number from 0 to 1";
    HUAWEI.assert_wrong_option_is_not_sent("huawei_target_user_type", json!(9), rule).await;
}

#[tokio::test]
async fn a_token_is_written_as_json() {
    let token = r#"a"b\c:d"#;
    assert_eq!(sent(&HUAWEI.call(&[token])).await["token"], json!([token]));
}

// ----- classes -----

#[tokio::test]
async fn every_class_has_its_category_and_advertising_is_silent() {
    let android = async |call: &Call| sent(call).await["android"].clone();
    let granted = HUAWEI.call(&["t1"]).with("im_category_granted", json!(true));
    let expected =
        [("IM", "NORMAL"), ("IM", "NORMAL"), ("VOIP", "NORMAL"), ("ACCOUNT", "NORMAL"), ("MARKETING", "LOW")];
    for (android, (category, importance)) in of_each_class(granted, android).await.iter().zip(expected) {
        assert_eq!(
            (&android["category"], &android["notification"]["importance"]),
            (&json!(category), &json!(importance))
        );
    }
}

#[tokio::test]
async fn what_is_set_for_chat_holds_for_chat() {
    let android = async |call: &Call| sent(call).await["android"].clone();
    let mut call = HUAWEI.call(&["t1"]).with("im_category_granted", json!(true));
    call.options = object(json!({"category": "WORK", "importance": "LOW"}));
    let sent = of_each_class(call, android).await;
    let categories: Vec<&Value> = sent.iter().map(|android| &android["category"]).collect();
    assert_eq!(categories, ["WORK", "WORK", "VOIP", "ACCOUNT", "MARKETING"]);
    let importances: Vec<&Value> = sent.iter().map(|android| &android["notification"]["importance"]).collect();
    assert_eq!(importances, ["LOW", "LOW", "NORMAL", "NORMAL", "LOW"]);
}

#[test]
fn a_preflight_misses_the_right_to_classify() {
    let mut record = record();
    record["im_category_granted"] = json!(false);
    let met = warnings(Vendor::Huawei, &record, json!({}));
    assert_eq!(met, ["im mention call system: credential.im_category_granted"]);
    record["im_category_granted"] = json!(true);
    assert!(warnings(Vendor::Huawei, &record, json!({})).is_empty());
}

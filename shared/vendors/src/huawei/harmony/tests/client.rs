//! What is sent.

use shared::{domain::outcome::CallError, ports::clock::Clock, testing::chance::FixedClock};

use super::*;
use crate::{
    message::replace_id,
    testing::{Call, Server, object, of_each_class, warnings},
};

const MESSAGE_ID: &str = "01K0000000000000000000000M";

async fn sent(call: &Call) -> Value {
    let server = Server::start(|_| success());
    HARMONY.push(&server, call).await.outcomes.unwrap();
    server.seen()[0].json()
}

async fn click(call: &Call) -> Value {
    sent(call).await["payload"]["notification"]["clickAction"].clone()
}

#[tokio::test]
async fn a_push_is_a_message_behind_a_signed_bearer_and_nothing_else() {
    let server = Server::start(|_| success());
    let report = HARMONY.push(&server, &HARMONY.call(&["t1", "t2"])).await;
    assert_eq!(report.outcomes, Ok(vec![accepted(), accepted()]));
    assert_eq!(report.answer.shown(), json!({"code": "80000000", "msg": "Success", "requestId": "r1"}));

    let seen = server.seen();
    assert_eq!(seen.len(), 1, "no token endpoint is asked");
    let message = &seen[0];
    assert_eq!(
        (message.method.as_str(), message.path.as_str()),
        ("POST", "/huawei/v3/736430079244623456/messages:send")
    );
    assert_eq!(message.header("push-type"), Some("0"));
    assert_eq!(message.header("content-type"), Some("application/json; charset=UTF-8"));
    let (header, claims) = verified(&bearer(message)).expect("the project's key signed it");
    assert_eq!(header, json!({"kid": KEY_ID, "typ": "JWT", "alg": "PS256"}));
    let now = FixedClock::default().now().as_seconds();
    let audience = "https://oauth-login.cloud.huawei.com/oauth2/v3/token";
    assert_eq!(claims, json!({"aud": audience, "iss": "100000001", "iat": now, "exp": now + 3600}));
    assert_eq!(
        message.json(),
        json!({
            "payload": {"notification": {
                "category": "MARKETING",
                "title": "Alice",
                "body": "Are you coming tonight?",
                "clickAction": {"actionType": 0, "data": {"e": {"room": 7}, "f": "alice", "m": MESSAGE_ID, "t": "bob"}},
                "badge": {"addNum": 1},
                "notifyId": replace_id::number(MESSAGE_ID),
                "appMessageId": MESSAGE_ID,
            }},
            "target": {"token": ["t1", "t2"]},
            "pushOptions": {"ttl": 86400, "biTag": MESSAGE_ID},
        })
    );
}

#[tokio::test]
async fn a_category_is_claimed_only_with_the_right_to_classify() {
    let category = async |call: &Call| sent(call).await["payload"]["notification"]["category"].clone();
    let mut plain = HARMONY.call(&["t1"]);
    plain.options = object(json!({"category": "WORK"}));
    assert_eq!(category(&plain).await, "MARKETING");

    let mut granted = key_file();
    granted["im_category_granted"] = json!(true);
    let mut call = Call::new(granted, &["t1"]);
    assert_eq!(category(&call).await, "IM");
    call.options = object(json!({"category": "WORK"}));
    assert_eq!(category(&call).await, "WORK");
    call.notification.options = object(json!({"huawei_category": "TRAVEL"}));
    assert_eq!(category(&call).await, "TRAVEL");
}

#[tokio::test]
async fn every_class_has_its_category_and_what_is_set_for_chat_holds_for_chat() {
    let category = async |call: &Call| sent(call).await["payload"]["notification"]["category"].clone();
    let mut call = HARMONY.call(&["t1"]).with("im_category_granted", json!(true));
    call.options = object(json!({"category": "WORK"}));
    let categories = of_each_class(call, category).await;
    assert_eq!(categories, ["WORK", "WORK", "VOIP", "ACCOUNT", "MARKETING"]);
}

#[test]
fn a_preflight_misses_the_right_to_classify() {
    let mut record = key_file();
    assert_eq!(
        warnings(Vendor::Huawei, &record, json!({})),
        ["im mention call system: credential.im_category_granted"]
    );
    record["im_category_granted"] = json!(true);
    assert!(warnings(Vendor::Huawei, &record, json!({})).is_empty());
}

#[tokio::test]
async fn a_tap_opens_a_page_by_address_or_action_and_never_by_intent() {
    let mut call = HARMONY.call(&["t1"]);
    call.notification.custom.clear();
    call.options = object(json!({"uri": "imdemo://chat", "click_action": "com.example.im.OPEN"}));
    assert_eq!(click(&call).await, json!({"actionType": 1, "uri": "imdemo://chat"}));
    call.notification.options = object(json!({"huawei_click_action": "com.example.im.OPEN_CHAT"}));
    assert_eq!(click(&call).await, json!({"actionType": 1, "action": "com.example.im.OPEN_CHAT"}));
    call.notification.options = object(json!({"huawei_click_action": "https://example.com/chat"}));
    assert_eq!(click(&call).await, json!({"actionType": 1, "uri": "https://example.com/chat"}));
    let intent = "intent://com.example.im/chat?#Intent;scheme=imdemo;end";
    call.notification.options = object(json!({"huawei_click_action": intent, "huawei_uri": "imdemo://other"}));
    assert_eq!(click(&call).await, json!({"actionType": 1, "uri": "imdemo://other"}));
    call.notification.options = object(json!({"huawei_click_action": intent}));
    assert_eq!(click(&call).await, json!({"actionType": 1, "uri": "imdemo://chat"}));
    call.options.clear();
    assert_eq!(click(&call).await, json!({"actionType": 0}));
}

#[tokio::test]
async fn options_of_the_message_beat_those_of_the_notifier() {
    let mut record = key_file();
    record["receipt"] = json!({"receipt_id": "RCP0"});
    let mut call = Call::new(record, &["t1"]);
    assert_eq!(sent(&call).await["pushOptions"]["receiptId"], "RCP0");
    call.options = object(json!({"receipt_id": "RCP1", "collapse_key": 7, "target_user_type": 1}));
    let options = sent(&call).await["pushOptions"].clone();
    let expected =
        json!({"ttl": 86400, "biTag": MESSAGE_ID, "receiptId": "RCP1", "collapseKey": 7, "testMessage": true});
    assert_eq!(options, expected);
    call.notification.options = object(json!({"huawei_receipt_id": "RCP2", "huawei_target_user_type": 0}));
    let options = sent(&call).await["pushOptions"].clone();
    assert_eq!((&options["receiptId"], &options["testMessage"]), (&json!("RCP2"), &Value::Null));
}

#[tokio::test]
async fn long_texts_are_cut_and_a_long_life_is_shortened() {
    let call = HARMONY.call(&["t1"]).with_long_texts(41, 257);
    let message = sent(&call).await;
    let shown = &message["payload"]["notification"];
    assert_eq!(shown["title"], "题".repeat(39) + "…");
    assert_eq!(shown["body"], "文".repeat(255) + "…");
    assert_eq!(shown["appMessageId"], "é".repeat(32));
    assert_eq!(
        (&message["pushOptions"]["ttl"], &message["pushOptions"]["biTag"]),
        (&json!(1_296_000), &shown["appMessageId"])
    );
}

#[tokio::test]
async fn what_huawei_would_refuse_is_not_sent() {
    HARMONY.assert_large_custom_data_is_not_sent("80300008").await;
    let rule = "must be an address of at most 2048 visible ASCII characters";
    HARMONY.assert_wrong_option_is_not_sent("huawei_uri", json!("no blanks"), rule).await;
    let unsigned = HARMONY.call(&["t1"]).with("private_key", json!("AAAA"));
    assert_eq!(HARMONY.unsent(&unsigned).await, CallError::Credential { code: "private key".into() });
}

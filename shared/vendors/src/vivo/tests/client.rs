use std::time::Duration;

use serde_json::{Value, json};
use shared::{domain::vendor::Vendor, testing::sample};

use super::{AUTH, LIST, SAVE, SEND, VIVO, accepted, answer, paths, record, sent};
use crate::{
    message::replace_id,
    testing::{Call, object, of_each_class, warnings},
};

#[tokio::test]
async fn a_push_to_one_phone_is_a_token_request_and_a_message() {
    let server = VIVO.server(|_| answer(0));
    let report = VIVO.push(&server, &VIVO.call(&["t1"])).await;
    assert_eq!(report.outcomes, Ok(vec![accepted()]));
    assert_eq!(report.answer.shown(), json!({"result": 0, "desc": "told", "taskId": "7"}));

    let seen = server.seen();
    let (token, message) = (&seen[0], &seen[1]);
    assert_eq!((token.method.as_str(), token.path.as_str()), ("POST", AUTH));
    assert_eq!(token.header("content-type"), Some("application/json; charset=UTF-8"));
    assert_eq!((token.header("authtoken"), token.header("authorization")), (None, None));
    assert_eq!(token.json()["timestamp"], 1_768_467_600_000_i64);
    assert_eq!(token.json()["appId"], 105_999_001);
    assert_eq!((message.method.as_str(), message.path.as_str()), ("POST", SEND));
    assert_eq!((message.header("authtoken"), message.header("authorization")), (Some("token-1"), None));
    assert_eq!(message.header("content-type"), Some("application/json; charset=UTF-8"));
    let mut body = message.json();
    let request_id = body["requestId"].take();
    assert_eq!(request_id.as_str().unwrap().len(), 32);
    assert_eq!(
        body,
        json!({
            "appId": 105_999_001,
            "regId": "t1",
            "notifyType": 4,
            "title": "Alice",
            "content": "Are you coming tonight?",
            "timeToLive": 86_400,
            "skipType": 1,
            "classification": 1,
            "category": "IM",
            "clientCustomMap": {"e": r#"{"room":7}"#, "f": "alice", "m": "01K0000000000000000000000M", "t": "bob"},
            "requestId": null,
            "pushMode": 0,
            "notifyId": replace_id::number("01K0000000000000000000000M"),
            "foregroundShow": false,
            "addBadge": true,
        })
    );
}

#[tokio::test]
async fn a_push_to_several_phones_is_saved_and_then_pushed_to_their_list() {
    let server = VIVO.server(|_| answer(0));
    assert_eq!(VIVO.push(&server, &VIVO.call(&["t1", r#"t"\2"#])).await.outcomes, Ok(vec![accepted(), accepted()]));
    let sends = VIVO.sends(&server);
    assert_eq!(paths(&server), [SAVE, LIST]);
    let (mut saved, mut list) = (sends[0].json(), sends[1].json());
    let (first, second) = (saved["requestId"].take(), list["requestId"].take());
    assert!(first != second && second.as_str().unwrap().len() == 32);
    assert_eq!(list, json!({"appId": 105_999_001, "taskId": "7", "requestId": null, "regIds": ["t1", r#"t"\2"#]}));
    let mut single = sent(&VIVO.call(&["t1"])).await;
    single["requestId"].take();
    single.as_object_mut().unwrap().remove("regId");
    assert_eq!(saved, single, "the same message but for its phone");
}

#[tokio::test]
async fn a_repeat_has_the_same_request_id_and_nothing_else_has_it() {
    let of = async |change: fn(&mut Call)| {
        let mut call = VIVO.call(&["t1"]);
        change(&mut call);
        sent(&call).await["requestId"].clone()
    };
    let first = of(|_| {}).await;
    assert_eq!(of(|call| call.ttl = Duration::from_secs(600)).await, first, "a repeat has less time left");
    for change in [
        (|call| call.tokens = vec![sample::token("t2")]) as fn(&mut Call),
        |call| call.notification.replace_id = "other".into(),
        |call| call.notification.body = "other".into(),
        |call| call.notification.custom = object(json!({"m": "other"})),
    ] {
        assert_ne!(of(change).await, first);
    }
}

#[tokio::test]
async fn options_of_the_message_beat_those_of_the_notifier() {
    let mut call = VIVO.call(&["t1"]);
    call.options = object(json!({
        "category": "TODO", "notify_type": 1, "click_action": "https://example.com/chat", "wifi_only": true,
        "foreground_show": true, "add_badge": true, "push_mode": 1
    }));
    let message = sent(&call).await;
    assert_eq!((&message["category"], &message["classification"]), (&json!("TODO"), &json!(1)));
    assert_eq!((&message["skipType"], &message["skipContent"]), (&json!(2), &json!("https://example.com/chat")));
    assert_eq!((&message["notifyType"], &message["networkType"]), (&json!(1), &json!(1)));
    assert_eq!((&message["foregroundShow"], &message["addBadge"]), (&json!(true), &json!(true)));
    assert_eq!(message["pushMode"], 1);

    call.notification.options = object(json!({"vivo_category": "SOCIAL", "vivo_click_activity": "intent:#Intent;end"}));
    let message = sent(&call).await;
    assert_eq!((&message["category"], &message["classification"]), (&json!("SOCIAL"), &json!(0)));
    assert_eq!(message["skipType"], 4);
}

#[tokio::test]
async fn a_message_of_the_class_operation_needs_no_category() {
    let mut call = VIVO.call(&["t1"]);
    call.options = object(json!({"classification": 0}));
    let message = sent(&call).await;
    assert_eq!((&message["classification"], &message["category"]), (&json!(0), &Value::Null));
}

#[tokio::test]
async fn a_page_of_the_app_gets_custom_data_as_extras() {
    let mut record = record();
    record["package_name"] = json!("com.example.im");
    let mut call = Call::new(record, &["t1"]);
    call.notification.custom = object(json!({"m": "1", "e": {"a": "b;c"}, "nothing": null}));
    for (click, intent) in [
        ("intent://chat?#Intent;scheme=im;end", "intent://chat?#Intent;scheme=im;"),
        (".Chat", "intent:#Intent;component=com.example.im/com.example.im.Chat;"),
        ("org.example.Chat", "intent:#Intent;component=com.example.im/org.example.Chat;"),
    ] {
        call.options = object(json!({"click_action": click}));
        let message = sent(&call).await;
        assert_eq!(message["skipType"], 4);
        assert_eq!(message["skipContent"], format!("{intent}S.e=%7B%22a%22%3A%22b%3Bc%22%7D;S.m=1;end"));
        assert_eq!(message["clientCustomMap"], json!({"m": "1", "e": r#"{"a":"b;c"}"#}));
    }
    call.notification.custom = object(json!({"e": "#".repeat(500)}));
    let message = sent(&call).await;
    assert_eq!(message["skipContent"], "intent:#Intent;component=com.example.im/org.example.Chat;end");
}

#[tokio::test]
async fn receipts_are_asked_for_as_the_console_is_set_up() {
    let of = async |tokens: &[&str], more: Value| {
        let mut record = record();
        record.as_object_mut().unwrap().extend(object(more));
        sent(&Call::new(record, tokens)).await["extra"].clone()
    };
    let id = json!({"receipt_mode": "receipt_id", "receipt_id": "30127"});
    let by_id = json!({"callback.id": "30127", "callback.param": "01K0000000000000000000000M"});
    assert_eq!(of(&["t1"], id.clone()).await, by_id);
    assert_eq!(of(&["t1", "t2"], id).await, by_id);
    let url = json!({"receipt_mode": "legacy_url", "receipt_url": "https://example.com/r"});
    let by_url = json!({"callback": "https://example.com/r", "callback.param": "01K0000000000000000000000M"});
    assert_eq!(of(&["t1"], url.clone()).await, by_url);
    assert_eq!(of(&["t1", "t2"], url).await, Value::Null, "not for lists");
    let test = json!({"receipt_mode": "legacy_url", "receipt_url": "https://example.com/r", "push_mode": 1});
    assert_eq!(of(&["t1"], test).await, Value::Null, "not for test messages");
}

#[tokio::test]
async fn long_texts_are_cut_and_an_emoji_counts_for_two() {
    let mut call = VIVO.call(&["t1"]);
    call.notification.title = "题".repeat(41);
    call.notification.body = "😀".repeat(51);
    call.notification.custom = object(json!({"m": "é".repeat(40)}));
    call.ttl = Duration::from_secs(u64::MAX / 1000);
    let message = sent(&call).await;
    assert_eq!(message["title"], "题".repeat(39) + "…");
    assert_eq!(message["content"], "😀".repeat(49) + "…");
    assert_eq!(message["timeToLive"], 86_400);
    call.ttl = Duration::from_secs(1);
    assert_eq!(sent(&call).await["timeToLive"], 60);
}

#[tokio::test]
async fn what_vivo_would_refuse_is_not_sent() {
    let changed = async |change: fn(&mut Call)| {
        let mut call = VIVO.call(&["t1", "t2"]);
        change(&mut call);
        VIVO.rejection(&call).await
    };
    let large = |call: &mut Call| call.notification.custom = object(json!({"e": "文".repeat(1024)}));
    assert_eq!(changed(large).await, "clientCustomMap over 1024 characters");
    let wrong = |call: &mut Call| call.notification.options = object(json!({"vivo_category": "CHAT"}));
    assert!(changed(wrong).await.starts_with("em_android_push_ext.vivo_category must be one of: IM, "));
    let nowhere = |call: &mut Call| call.options = object(json!({"click_action": ".Chat"}));
    assert_eq!(changed(nowhere).await, "credential.package_name is required to open an activity");
    assert_eq!(changed(|call| call.notification.title = " ".into()).await, "10055");
    assert_eq!(changed(|call| call.notification.body = String::new()).await, "10057");
}

// ----- classes -----

#[tokio::test]
async fn every_class_has_its_category_and_the_classification_that_it_belongs_to() {
    let classified = async |call: &Call| {
        let sent = sent(call).await;
        json!([sent["classification"], sent["category"]])
    };
    let met = of_each_class(VIVO.call(&["t1"]), classified).await;
    let im = json!([1, "IM"]);
    assert_eq!(met, [im.clone(), im.clone(), im.clone(), json!([1, "ACCOUNT"]), json!([0, "MARKETING"])]);

    let mut chat = VIVO.call(&["t1"]);
    chat.options = object(json!({"category": "TODO"}));
    let met = of_each_class(chat, classified).await;
    let todo = json!([1, "TODO"]);
    assert_eq!(met, [todo.clone(), todo, im, json!([1, "ACCOUNT"]), json!([0, "MARKETING"])]);

    let mut operation = VIVO.call(&["t1"]);
    operation.options = object(json!({"classification": 0}));
    let met = of_each_class(operation, classified).await;
    let none = json!([0, null]);
    assert_eq!(met, [none.clone(), none.clone(), none.clone(), none, json!([0, "MARKETING"])]);
}

#[test]
fn a_preflight_doubts_operation_messages_test_phones_and_texts_without_a_prefix() {
    let met = |options| warnings(Vendor::Vivo, &record(), options);
    let every = "im mention call system marketing";
    assert_eq!(met(json!({})), [format!("{every}: options.text_prefix")]);
    assert!(met(json!({"text_prefix": "消息："})).is_empty());
    assert_eq!(
        met(json!({"push_mode": 1, "classification": 0})),
        ["im mention call system: options.classification".to_owned(), format!("{every}: options.push_mode")]
    );
    assert_eq!(met(json!({"text_prefix": "消息：", "category": "NEWS"})), ["im mention: options.classification"]);
}

#[tokio::test]
async fn a_tap_that_no_phone_could_follow_is_named_before_and_never_sent() {
    let options = json!({"click_action": "com.example.im.Chat", "text_prefix": "新消息："});
    let found = warnings(Vendor::Vivo, &record(), options.clone());
    assert_eq!(found, ["im mention call system marketing: credential.package_name"]);
    let mut call = VIVO.call(&["t1"]);
    call.options = object(options.clone());
    let server = VIVO.server(|_| answer(0));
    assert!(VIVO.push(&server, &call).await.outcomes.is_err() && VIVO.sends(&server).is_empty());
    let mut named = record();
    named["package_name"] = json!("com.example.im");
    assert!(warnings(Vendor::Vivo, &named, options).is_empty());
}

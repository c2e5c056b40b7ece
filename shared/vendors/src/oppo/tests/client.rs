//! What is sent.

use std::time::Duration;

use serde_json::{Value, json};
use shared::domain::vendor::Vendor;

use super::{AUTH, OPPO, UNICAST, alone, field, id, messages, record, taken};
use crate::{
    message::replace_id,
    testing::{Call, object, of_each_class, warnings},
};

/// The notification of a call's only message.
async fn sent(call: &Call) -> Value {
    let server = OPPO.server(taken);
    OPPO.push(&server, call).await.outcomes.unwrap();
    messages(&OPPO.sends(&server)[0]).remove(0)["notification"].take()
}

#[tokio::test]
async fn a_push_is_a_token_request_and_a_message() {
    let server = OPPO.server(taken);
    let report = OPPO.push(&server, &OPPO.call_of(1)).await;
    assert_eq!(report.outcomes, Ok(vec![alone()]));
    assert_eq!(report.answer.shown(), json!({"code": 0, "message": "", "data": {"messageId": "m1"}}));

    let seen = server.seen();
    let (token, message) = (&seen[0], &seen[1]);
    assert_eq!((token.method.as_str(), token.path.as_str()), ("POST", AUTH));
    assert_eq!(token.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(field(token, "app_key").as_deref(), Some("k1a2b3c4d5e6f708"));
    assert_eq!(field(token, "timestamp").unwrap().len(), 13);
    assert_eq!(field(token, "sign").unwrap().len(), 64);

    assert_eq!((message.method.as_str(), message.path.as_str()), ("POST", UNICAST));
    assert_eq!(message.header("content-type"), Some("application/x-www-form-urlencoded;charset=UTF-8"));
    assert_eq!(message.header("authorization"), None);
    assert_eq!(field(message, "auth_token").as_deref(), Some("token-1"));
    let custom = r#"{"e":"{\"room\":7}","f":"alice","m":"01K0000000000000000000000M","t":"bob"}"#;
    assert_eq!(
        messages(message),
        [json!({
            "target_type": 2,
            "target_value": id(0),
            "verify_registration_id": true,
            "notification": {
                "app_message_id": "01K0000000000000000000000M",
                "badge_operation_type": 1,
                "badge_message_count": 1,
                "style": 1,
                "title": "Alice",
                "content": "Are you coming tonight?",
                "category": "IM",
                "click_action_type": 0,
                "action_parameters": custom,
                "notify_id": replace_id::number("01K0000000000000000000000M"),
                "off_line": true,
                "off_line_ttl": 86400,
            },
        })]
    );
}

#[tokio::test]
async fn the_record_gives_channel_level_category_and_receipts() {
    let call = OPPO.call_of(1).with("channels", json!({"im": "im_chat"}));
    assert_eq!(sent(&call).await["channel_id"], "im_chat");
    let call = OPPO.call_of(1).with("notify_level_default", json!(16));
    assert_eq!(sent(&call).await["notify_level"], 16);
    let call = OPPO.call_of(1).with("category_default", json!("ACCOUNT"));
    assert_eq!(sent(&call).await["category"], "ACCOUNT");
    let call = OPPO.call_of(1).with("category_default", json!("NONE"));
    assert_eq!(sent(&call).await["category"], Value::Null);
    let call = OPPO.call_of(1).with("callback_url", json!("https://push.example.com/cb"));
    let shown = sent(&call).await;
    assert_eq!(shown["call_back_url"], "https://push.example.com/cb");
    assert_eq!(shown["call_back_parameter"], "01K0000000000000000000000M");
}

#[tokio::test]
async fn options_of_the_message_beat_those_of_the_notifier() {
    let mut call = OPPO.call_of(1).with("channels", json!({"im": "im_chat"}));
    call.options = object(json!({
        "category": "ACCOUNT", "notify_level": 1, "channel_id": "quiet", "click_action": "com.example.im.OPEN_CHAT",
        "show_ttl": 3600, "badge": true
    }));
    let shown = sent(&call).await;
    assert_eq!((&shown["category"], &shown["notify_level"]), (&json!("ACCOUNT"), &json!(1)));
    assert_eq!((&shown["channel_id"], &shown["show_ttl"]), (&json!("quiet"), &json!(3600)));
    assert_eq!((&shown["badge_operation_type"], &shown["badge_message_count"]), (&json!(1), &json!(1)));
    assert_eq!(shown["click_action_type"], 1);
    assert_eq!(shown["click_action_activity"], "com.example.im.OPEN_CHAT");

    call.notification.options = object(json!({
        "oppo_category": "IM", "oppo_notify_level": 16, "oppo_channel_id": "loud",
        "oppo_click_activity": "com.example.im.ChatActivity"
    }));
    let shown = sent(&call).await;
    assert_eq!((&shown["category"], &shown["notify_level"]), (&json!("IM"), &json!(16)));
    assert_eq!((&shown["channel_id"], &shown["click_action_type"]), (&json!("loud"), &json!(4)));
    assert_eq!(shown["click_action_activity"], "com.example.im.ChatActivity");

    call.notification.options = object(json!({"oppo_category": "TODO"}));
    let shown = sent(&call).await;
    assert_eq!(
        (&shown["category"], &shown["notify_level"]),
        (&json!("TODO"), &Value::Null),
        "a level goes with its category"
    );

    call.notification.options = object(json!({"oppo_category": "NONE"}));
    let shown = sent(&call).await;
    assert_eq!((&shown["category"], &shown["notify_level"]), (&Value::Null, &Value::Null), "no level without category");
}

#[tokio::test]
async fn a_tap_opens_what_its_text_looks_like() {
    for (text, kind) in [("https://example.com/chat", 2), ("imdemo://chat/c1", 5)] {
        let mut call = OPPO.call_of(1);
        call.options = object(json!({"click_action": text}));
        let shown = sent(&call).await;
        assert_eq!((&shown["click_action_type"], &shown["click_action_url"]), (&json!(kind), &json!(text)));
        assert_eq!(shown["click_action_activity"], Value::Null);
    }
}

#[tokio::test]
async fn a_template_takes_title_and_text_as_its_parameters() {
    let mut call = OPPO.call_of(1);
    call.options = object(json!({"template": {"id": "T1", "title": "name", "content": "text"}}));
    let shown = sent(&call).await;
    assert_eq!(shown["private_msg_template_id"], "T1");
    assert_eq!(shown["private_title_parameters"], json!({"name": "Alice"}));
    assert_eq!(shown["private_content_parameters"], json!({"text": "Are you coming tonight?"}));
    assert_eq!((&shown["title"], &shown["content"]), (&json!("Alice"), &json!("Are you coming tonight?")));
    call.options = object(json!({"template": {"id": "T1"}}));
    assert_eq!(sent(&call).await["private_title_parameters"], Value::Null);
}

#[tokio::test]
async fn long_texts_are_cut_and_a_long_life_is_shortened() {
    let mut call = OPPO.call_of(1);
    call.notification.title = "题".repeat(51);
    call.notification.body = "😀".repeat(201);
    call.ttl = Duration::from_secs(u64::MAX / 1000);
    let shown = sent(&call).await;
    assert_eq!(shown["title"], "题".repeat(49) + "…");
    assert_eq!(shown["content"], "😀".repeat(49) + "…");
    assert_eq!(shown["off_line_ttl"], 259_200);
    for (options, most) in [(json!({"style": 2}), 128), (json!({"content_limit": 200}), 200)] {
        call.options = object(options);
        assert_eq!(sent(&call).await["content"], "😀".repeat(most - 1) + "…");
    }
    call.ttl = Duration::from_secs(60);
    assert_eq!(sent(&call).await["off_line_ttl"], 60);
    call.options = object(json!({"least_ttl": 3600}));
    assert_eq!(sent(&call).await["off_line_ttl"], 3600);
}

#[tokio::test]
async fn messages_of_a_conversation_replace_each_other_and_are_no_duplicates() {
    let mut call = OPPO.call_of(1);
    call.notification.replace_id = "conversation".into();
    let shown = sent(&call).await;
    assert_eq!(shown["app_message_id"], "01K0000000000000000000000M");
    assert_eq!(shown["notify_id"], replace_id::number("conversation"));
    call.notification.custom = object(json!({}));
    let shown = sent(&call).await;
    assert_eq!((&shown["app_message_id"], &shown["action_parameters"]), (&json!("conversation"), &Value::Null));
    call.options = object(json!({"deduplicate": false}));
    assert_eq!(sent(&call).await["app_message_id"], Value::Null);
}

#[tokio::test]
async fn what_oppo_would_refuse_is_not_sent() {
    let mut large = OPPO.call_of(1);
    large.notification.custom = object(json!({"e": "好".repeat(4000)}));
    assert_eq!(OPPO.rejection(&large).await, "41");
    large.notification.custom = object(json!({"e": "好".repeat(3992)}));
    assert!(sent(&large).await["action_parameters"].as_str().unwrap().chars().count() == 4000);

    let mut empty = OPPO.call_of(1);
    empty.notification.body = String::new();
    assert_eq!(OPPO.rejection(&empty).await, "40");

    let mut level = OPPO.call_of(1);
    level.notification.options = object(json!({"oppo_category": "NONE", "oppo_notify_level": 2}));
    assert_eq!(OPPO.rejection(&level).await, "67");
    level.notification.options = object(json!({"oppo_category": "TODO", "oppo_notify_level": 16}));
    assert_eq!(OPPO.rejection(&level).await, "67");
    OPPO.assert_wrong_option_is_not_sent("oppo_notify_level", json!("2"), "must be a number from 1 to 16").await;
}

// ----- classes -----

#[tokio::test]
async fn every_class_has_its_category_and_channel() {
    let call = OPPO
        .call_of(1)
        .with("channels", json!({"im": "chat", "call": "calls", "system": "notes", "marketing": "ads"}))
        .with("notify_level_default", json!(16));
    let met = of_each_class(call, async |call: &Call| {
        let sent = sent(call).await;
        json!([sent["category"], sent["channel_id"], sent["notify_level"]])
    });
    assert_eq!(
        met.await,
        [
            json!(["IM", "chat", 16]),
            json!(["IM", "chat", 16]),
            json!(["IM", "calls", null]),
            json!(["ACCOUNT", "notes", null]),
            json!(["MARKETING", "ads", null]),
        ]
    );
}

#[tokio::test]
async fn what_is_set_for_chat_holds_for_chat_but_an_app_without_categories_has_none() {
    let category = async |call: &Call| sent(call).await["category"].clone();
    let todo = OPPO.call_of(1).with("category_default", json!("TODO"));
    assert_eq!(of_each_class(todo, category).await, ["TODO", "TODO", "IM", "ACCOUNT", "MARKETING"]);
    let none = OPPO.call_of(1).with("category_default", json!("NONE"));
    assert!(of_each_class(none, category).await.iter().all(Value::is_null));
}

#[test]
fn a_preflight_misses_channels_and_doubts_a_missing_category() {
    let mut record = record();
    assert_eq!(
        warnings(Vendor::Oppo, &record, json!({})),
        [
            "im mention: credential.channels.im",
            "call: credential.channels.call",
            "system: credential.channels.system",
            "marketing: credential.channels.marketing",
        ]
    );
    record["channels"] = json!({"im": "chat", "call": "calls", "system": "notes", "marketing": "ads"});
    record["notify_level_default"] = json!(2);
    assert!(warnings(Vendor::Oppo, &record, json!({})).is_empty());
    assert_eq!(
        warnings(Vendor::Oppo, &record, json!({"category": "NONE"})),
        ["im mention call system: options.category", "im mention: options.notify_level"]
    );
}

#[tokio::test]
async fn a_level_that_its_category_does_not_have_is_named_before_and_never_sent() {
    let loud = json!({"category": "TODO", "notify_level": 16, "channel_id": "own"});
    let found = warnings(Vendor::Oppo, &record(), loud.clone());
    assert!(found.contains(&"im mention: options.notify_level".to_owned()), "{found:?}");
    let mut call = OPPO.call_of(1);
    call.options = object(loud);
    assert_eq!(OPPO.rejection(&call).await, "67");
    let allowed = warnings(Vendor::Oppo, &record(), json!({"notify_level": 16, "channel_id": "own"}));
    assert!(allowed.iter().all(|line| !line.ends_with("options.notify_level")), "{allowed:?}");
}

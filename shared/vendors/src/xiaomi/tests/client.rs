//! What is sent.

use std::{collections::HashMap, time::Duration};

use serde_json::json;
use shared::{
    domain::{outcome::Outcome, vendor::Vendor},
    ports::vendor::Credential,
};

use super::{XIAOMI, accepted, field, fields, record, taken, targets};
use crate::{
    message::replace_id,
    testing::{Call, Server, object, of_each_class, warnings},
};

async fn sent(call: &Call) -> HashMap<String, String> {
    let server = Server::start(|_| taken());
    XIAOMI.push(&server, call).await.outcomes.unwrap();
    fields(server.seen()[0].text()).into_iter().collect()
}

#[tokio::test]
async fn a_push_is_one_form_with_the_secret_as_its_key() {
    let server = Server::start(|_| taken());
    let report = XIAOMI.push(&server, &XIAOMI.call(&["wM5Vf0+9oQ7rK1y/b2Zk8g==", "t2"])).await;
    assert_eq!(report.outcomes, Ok(vec![accepted(), accepted()]));
    assert_eq!((&report.answer.shown()["code"], &report.answer.shown()["data"]["id"]), (&json!(0), &json!("slm1")));

    let seen = server.seen();
    assert_eq!(seen.len(), 1, "nothing to exchange first");
    assert_eq!((seen[0].method.as_str(), seen[0].path.as_str()), ("POST", "/xiaomi/v3/message/regid"));
    assert_eq!(seen[0].header("authorization"), Some("key=3kq9v7bTq0m1uY2w5x8z0A=="));
    assert_eq!(seen[0].header("content-type"), Some("application/x-www-form-urlencoded;charset=UTF-8"));
    let id = replace_id::number("01K0000000000000000000000M").to_string();
    let expected = [
        ("registration_id", "wM5Vf0+9oQ7rK1y/b2Zk8g==,t2"),
        ("restricted_package_name", "com.example.im"),
        ("pass_through", "0"),
        ("title", "Alice"),
        ("description", "Are you coming tonight?"),
        ("payload", r#"{"e":{"room":7},"f":"alice","m":"01K0000000000000000000000M","t":"bob"}"#),
        ("notify_type", "-1"),
        ("notify_id", &id),
        ("time_to_live", "86400000"),
        ("extra.notify_effect", "1"),
    ];
    assert_eq!(fields(seen[0].text()), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn options_of_the_message_beat_those_of_the_notifier_and_these_the_records() {
    let mut record = record();
    record["default_channel_id"] = json!("107000");
    let mut call = Call::new(record.clone(), &["t1"]);
    assert_eq!(sent(&call).await["extra.channel_id"], "107000");
    record["channels"] = json!({"im": "107001", "call": "107009"});
    call.credential = Credential::new(record, "fingerprint".into());
    assert_eq!(sent(&call).await["extra.channel_id"], "107001");
    call.options = object(json!({
        "channel_id": "107002", "click_action": "https://example.com/chat", "notify_type": 1,
        "notify_foreground": true, "sound_uri": "android.resource://com.example.im/raw/ring"
    }));
    let form = sent(&call).await;
    assert_eq!((form["extra.channel_id"].as_str(), form["notify_type"].as_str()), ("107002", "1"));
    assert_eq!(
        (form["extra.notify_effect"].as_str(), form["extra.web_uri"].as_str()),
        ("3", "https://example.com/chat")
    );
    assert_eq!(form["extra.notify_foreground"], "1");
    assert_eq!(form["extra.sound_uri"], "android.resource://com.example.im/raw/ring");

    call.notification.options =
        object(json!({"xiaomi_channel_id": "107003", "xiaomi_click_action": "com.example.im.OPEN_CHAT"}));
    let form = sent(&call).await;
    assert_eq!(form["extra.channel_id"], "107003");
    assert_eq!(form["extra.notify_effect"], "2");
    assert_eq!(form["extra.intent_uri"], "intent:#Intent;action=com.example.im.OPEN_CHAT;end");
    assert!(!form.contains_key("extra.web_uri"));
}

#[tokio::test]
async fn a_template_gets_title_and_body_as_it_can_show_them() {
    let mut record = record();
    record["templates"] = json!({"im": {"id": "P1", "params": ["text"]}});
    let mut call = Call::new(record, &["t1"]);
    call.notification.body = "好的👍".into();
    let form = sent(&call).await;
    assert_eq!(form["description"], "好的👍");
    assert_eq!(form["extra.template_id"], "P1");
    assert_eq!(form["extra.template_param"], r#"{"text":"好的[表情]"}"#);

    call.notification.options = object(json!({"xiaomi_channel_id": "107003"}));
    assert!(!sent(&call).await.contains_key("extra.template_id"), "the template is for the notifier's channel");
}

#[tokio::test]
async fn receipts_are_asked_for_where_an_address_is_configured() {
    let mut record = record();
    record["callback_url"] = json!("https://push.example.com/cb");
    let mut call = Call::new(record, &["t1"]);
    call.notification.custom = object(json!({"m": "é".repeat(40)}));
    let form = sent(&call).await;
    assert_eq!(
        (form["extra.callback"].as_str(), form["extra.callback.type"].as_str()),
        ("https://push.example.com/cb", "51")
    );
    assert_eq!(form["extra.callback.param"], "é".repeat(32));
    call.options = object(json!({"callback_type": 17}));
    assert_eq!(sent(&call).await["extra.callback.type"], "17");
}

#[tokio::test]
async fn long_texts_are_cut_a_long_life_is_shortened_and_blanks_become_words() {
    let mut call = XIAOMI.call(&["t1"]);
    call.notification.title = "题".repeat(50);
    call.notification.body = "文".repeat(128);
    call.notification.custom.clear();
    call.ttl = Duration::MAX;
    let form = sent(&call).await;
    assert_eq!(form["title"], "题".repeat(48) + "…");
    assert_eq!(form["description"], "文".repeat(126) + "…");
    assert_eq!(form["time_to_live"], "864000000");
    assert!(!form.contains_key("payload"));

    call.notification.title = " \t".into();
    call.notification.body = "\u{3000}".into();
    let form = sent(&call).await;
    assert_eq!((form["title"].as_str(), form["description"].as_str()), ("您有一条新消息", "请点击查看"));
}

#[tokio::test]
async fn what_xiaomi_would_refuse_is_not_sent() {
    XIAOMI.assert_large_custom_data_is_not_sent("65009").await;
    XIAOMI.assert_wrong_option_is_not_sent("xiaomi_channel_id", json!(7), "must be a string").await;
}

#[tokio::test]
async fn a_token_cannot_smuggle_in_another() {
    let server = Server::start(|_| taken());
    let report = XIAOMI.push(&server, &XIAOMI.call(&["t1", "t2,t9", "t3"])).await;
    let refused = Outcome::Refused { code: "a comma in the token".into() };
    assert_eq!(report.outcomes, Ok(vec![accepted(), refused, accepted()]));
    assert_eq!(server.seen().iter().flat_map(targets).collect::<Vec<_>>(), ["t1", "t3"]);
    let report = XIAOMI.push(&server, &XIAOMI.call(&["t1&title=x%26"])).await;
    assert_eq!(report.outcomes, Ok(vec![accepted()]));
    assert_eq!(field(&server.seen()[2], "registration_id").as_deref(), Some("t1&title=x%26"));
}

// ----- classes -----

#[tokio::test]
async fn every_class_has_its_channel_and_advertising_none_of_the_others() {
    let channel = async |call: &Call| sent(call).await.remove("extra.channel_id").unwrap_or_default();
    let call_of_all = XIAOMI.call(&["t1"]).with("default_channel_id", json!("default"));
    assert_eq!(of_each_class(call_of_all, channel).await, ["default", "default", "default", "default", ""]);

    let own = XIAOMI
        .call(&["t1"])
        .with("default_channel_id", json!("default"))
        .with("channels", json!({"im": "chat", "call": "calls", "marketing": "ads"}));
    assert_eq!(of_each_class(own, channel).await, ["chat", "chat", "calls", "default", "ads"]);

    let option = XIAOMI.call(&["t1"]).with("channels", json!({"im": "chat", "mention": "names", "call": "calls"}));
    assert_eq!(of_each_class(option, channel).await, ["chat", "names", "calls", "", ""]);
    let mut option = XIAOMI.call(&["t1"]).with("channels", json!({"call": "calls"}));
    option.options = object(json!({"channel_id": "option"}));
    assert_eq!(of_each_class(option, channel).await, ["option", "option", "calls", "", ""]);
}

#[tokio::test]
async fn a_mention_has_the_template_of_chat_messages_unless_it_has_its_own() {
    let template = async |call: &Call| sent(call).await.remove("extra.template_id").unwrap_or_default();
    let call = XIAOMI
        .call(&["t1"])
        .with("channels", json!({"im": "chat", "mention": "chat", "call": "calls"}))
        .with("templates", json!({"im": {"id": "p1", "params": ["text"]}}));
    assert_eq!(of_each_class(call, template).await, ["p1", "p1", "", "", ""]);
}

#[test]
fn a_preflight_misses_channels_and_templates() {
    let mut record = record();
    for name in ["default_channel_id", "channels", "templates"] {
        record.as_object_mut().unwrap().remove(name);
    }
    assert_eq!(
        warnings(Vendor::Xiaomi, &record, json!({})),
        [
            "im: credential.channels.im",
            "im: credential.templates.im",
            "mention: credential.channels.mention",
            "mention: credential.templates.mention",
            "call: credential.channels.call",
            "call: credential.templates.call",
            "system: credential.channels.system",
            "system: credential.templates.system",
            "marketing: credential.channels.marketing",
        ]
    );
    record["region"] = json!("sgp");
    record["default_channel_id"] = json!("default");
    assert_eq!(warnings(Vendor::Xiaomi, &record, json!({})), ["marketing: credential.channels.marketing"]);
}

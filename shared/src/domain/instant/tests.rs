//! What a sender may write, and what becomes of it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::*;
use crate::domain::{message::Content, push::SemanticClass, time::Timestamp, vendor::Vendor};

const AT: Timestamp = Timestamp::from_millis(1_767_225_600_000);

fn parse(message: Value) -> Result<PushMessage, String> {
    let message: Map<String, Value> = serde_json::from_value(message).unwrap();
    PushMessage::parse(&message, SemanticClass::System).map_err(|invalid| invalid.to_string())
}

fn content(message: Value) -> Content {
    parse(message).unwrap().content(Strategy::Vendor, AT, AT).unwrap()
}

fn options(message: Value) -> Value {
    content(message).ext.get("em_android_push_ext").cloned().unwrap_or(json!({}))
}

#[test]
fn the_empty_skeleton_of_the_reference_is_taken_with_its_defaults() {
    let skeleton = json!({
        "title": "", "subTitle": "", "content": "", "ext": {},
        "config": {"clickAction": {"url": "", "action": "", "activity": ""}, "badge": {"addNum": 0, "setNum": 0}},
        "easemob": {}, "apns": {}, "fcm": {}, "fcmV1": {}, "huawei": {}, "meizu": {}, "oppo": {}, "vivo": {},
        "xiaomi": {}, "honor": {}, "harmonyOS": {},
    });
    for message in [skeleton, json!({})] {
        let content = content(message);
        assert_eq!(content.ext["em_push_ext"], json!({"title": "您有一条新消息", "content": "请及时查看"}));
        assert_eq!(content.ext["em_push_class"], json!("system"));
        assert!(!content.ext.contains_key("em_android_push_ext") && !content.ext.contains_key("em_push_template"));
    }
}

#[test]
fn texts_may_be_as_long_as_the_reference_says_and_a_chinese_character_counts_two() {
    let (title, sub_title, text) = ("字".repeat(16), "字".repeat(10), "字".repeat(50));
    parse(json!({"title": title, "subTitle": sub_title, "content": text})).unwrap();
    parse(json!({"title": "x".repeat(32), "sub_title": "x".repeat(10), "content": "x".repeat(100)})).unwrap();
    let rule = |max: usize| format!("must be at most {max} characters long, where a Chinese character counts 2");
    for (field, text, rule) in [
        ("title", format!("{title}x"), rule(32)),
        ("title", "x".repeat(33), rule(32)),
        ("content", format!("{text}x"), rule(100)),
        ("subTitle", format!("{sub_title}x"), "must be at most 10 characters long".to_owned()),
        ("sub_title", "x".repeat(11), "must be at most 10 characters long".to_owned()),
    ] {
        assert_eq!(parse(json!({ field: text })), Err(format!("pushMessage.{field} {rule}")));
    }
}

#[test]
fn ext_may_have_ten_pairs_and_1024_characters() {
    let pairs = |number: usize| (0..number).map(|one| (format!("k{one}"), json!(1))).collect::<Map<_, _>>();
    parse(json!({"ext": pairs(10)})).unwrap();
    assert_eq!(parse(json!({"ext": pairs(11)})), Err("pushMessage.ext must have at most 10 pairs".to_owned()));
    // `{"k":""}` are the other characters.
    parse(json!({"ext": {"k": "字".repeat(1024 - 8)}})).unwrap();
    let long = parse(json!({"ext": {"k": "字".repeat(1024 - 7)}}));
    assert_eq!(long, Err("pushMessage.ext must be at most 1024 characters long".to_owned()));
    assert_eq!(content(json!({"ext": {"k": "v"}})).ext["em_push_ext"]["custom"], json!({"k": "v"}));
}

#[test]
fn a_field_of_the_wrong_type_is_refused_with_its_place() {
    for (message, refusal) in [
        (json!({"title": 1}), "pushMessage.title must be a string"),
        (json!({"ext": []}), "pushMessage.ext must be an object"),
        (json!({"class": "urgent"}), "pushMessage.class must be one of im, mention, call, system, marketing"),
        (json!({"config": "x"}), "pushMessage.config must be an object"),
        (json!({"config": {"clickAction": {"url": 1}}}), "pushMessage.config.clickAction.url must be a string"),
        (json!({"config": {"badge": {"addNum": "x"}}}), "pushMessage.config.badge.addNum must be a whole number"),
        (json!({"config": {"badge": {"setNum": -1}}}), "pushMessage.config.badge.setNum must not be negative"),
        (json!({"apns": 1}), "pushMessage.apns must be an object"),
        (json!({"xiaomi": []}), "pushMessage.xiaomi must be an object"),
        (json!({"huawei": {"message": 1}}), "pushMessage.huawei.message must be an object"),
        (json!({"vivo": {"category": {}}}), "pushMessage.vivo.category must be a string or a number"),
        (json!({"template": {"title_args": []}}), "pushMessage.template.name is required"),
        (json!({"template": {"name": "a b"}}), "pushMessage.template.name must be the name of a template"),
        (json!({"template": {"name": "a", "title_args": 1}}), "pushMessage.template.title_args must be an array"),
    ] {
        assert_eq!(parse(message), Err(refusal.to_owned()));
    }
}

#[test]
fn a_vendors_block_beats_the_common_part() {
    let set = options(json!({
        "config": {"clickAction": {"url": "https://common"}},
        "fcm": {"notification": {"title": "old", "clickAction": "com.example.OLD"}},
        "fcmV1": {"notification": {"title": "t"}, "androidConfig": {"androidNotification": {
            "body": "b", "channelId": "c", "clickAction": "com.example.NEW"}}},
        "huawei": {"message": {"android": {"category": "IM", "notification": {
            "title": "h", "channelId": "hc", "clickAction": {"type": 1, "action": "com.example.OPEN"}}}}},
        "xiaomi": {"description": "d", "channelId": "xc", "notifyEffect": "1"},
        "oppo": {"clickActionType": 4, "clickActionActivity": "com.example.Page"},
        "vivo": {"skipType": 2, "skipContent": "https://vivo", "category": "ACCOUNT"},
        "meizu": {"clickType": 1, "activity": "com.example.Page"},
    }));
    let expected = json!({
        "fcm_title": "t", "fcm_content": "b", "fcm_channel_id": "c",
        "fcm_click_action": "com.example.NEW",
        "huawei_title": "h", "huawei_category": "IM", "huawei_channel_id": "hc", "huawei_click_action": "com.example.OPEN",
        "honor_click_action": "https://common",
        "xiaomi_content": "d", "xiaomi_channel_id": "xc",
        "oppo_click_activity": "com.example.Page",
        "vivo_category": "ACCOUNT", "vivo_click_activity": "https://vivo",
        "meizu_click_activity": "com.example.Page",
    });
    assert_eq!(set, expected);
}

#[test]
fn a_common_tap_goes_to_the_vendors_that_take_it() {
    let tap = |name: &str, value: &str| options(json!({"config": {"clickAction": { name: value }}}));
    let taken = |set: &Value| set.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let all = [
        "honor_click_action",
        "huawei_click_action",
        "oppo_click_action",
        "vivo_click_activity",
        "xiaomi_click_action",
    ];
    assert_eq!(taken(&tap("url", "https://example.com")), names(&all));
    assert_eq!(taken(&tap("url", "http://example.com")), names(&["oppo_click_action"]));
    let action = ["honor_click_action", "huawei_click_action", "oppo_click_action", "xiaomi_click_action"];
    let named = [&action[..], &["fcm_click_action"]].concat();
    assert_eq!(taken(&tap("action", "com.example.OPEN")), names(&named));
    assert_eq!(taken(&tap("action", "intent:#Intent;action=com.example.OPEN;end")), names(&action));
    let activity = ["meizu_click_activity", "oppo_click_activity", "vivo_click_activity"];
    assert_eq!(taken(&tap("activity", "com.example.Page")), names(&activity));
}

#[test]
fn each_option_is_of_the_vendor_of_its_block() {
    for (block, _, option) in OPTIONS {
        let (_, vendor) = blocks::BLOCKS.into_iter().find(|(name, _)| *name == block).unwrap();
        assert!(option.starts_with(&format!("{vendor}_")), "{option}");
    }
    let of_any = |option: &str| Vendor::ALL.into_iter().any(|vendor| option.starts_with(&format!("{vendor}_")));
    assert!(TAPS.into_iter().all(of_any));
}

#[test]
fn the_badge_is_raised_left_alone_or_as_the_app_says() {
    let badge = |badge: Value| content(json!({"config": {"badge": badge}})).instant.unwrap().badge;
    assert_eq!(badge(json!({"addNum": 3})), Some(true));
    assert_eq!(badge(json!({"addNum": 0, "setNum": 0})), Some(false));
    assert_eq!((badge(json!({"setNum": 5})), badge(json!({}))), (None, None));
}

#[test]
fn a_strategy_is_a_number_from_0_to_4_and_2_without_one() {
    assert_eq!(Strategy::parse(None), Ok(Strategy::Vendor));
    for (number, strategy) in (0..).zip(Strategy::ALL) {
        assert_eq!((Strategy::parse(Some(number)), strategy.number()), (Ok(strategy), u8::try_from(number).unwrap()));
    }
    for number in [-1, 5, i64::MAX] {
        assert_eq!(Strategy::parse(Some(number)).unwrap_err().to_string(), "strategy must be 0, 1, 2, 3 or 4");
    }
}

#[test]
fn a_record_of_a_later_version_is_read_with_the_default_strategy() {
    let later: InstantPush = serde_json::from_value(json!({"strategy": 9, "audience": "all"})).unwrap();
    assert_eq!(later, InstantPush::default());
    let written = serde_json::to_value(InstantPush { strategy: Strategy::Online, ..InstantPush::default() }).unwrap();
    assert_eq!(written, json!({"strategy": 4}));
}

#[test]
fn only_strategies_0_1_and_3_wait_for_a_login() {
    let waits = |strategy: &Strategy| strategy.waits_for_login();
    let waiting: Vec<u8> = Strategy::ALL.into_iter().filter(waits).map(Strategy::number).collect();
    assert_eq!(waiting, [0, 1, 3]);
}

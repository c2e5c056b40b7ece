use serde_json::{Value, json};

use super::super::NAME;
use super::{TOKEN, caller_with_token, change, chat, message, save, send};

fn with(name: &str, value: Value) -> Value {
    let mut body = chat(TOKEN);
    body[name] = value;
    body
}

fn without(name: &str) -> Value {
    let mut body = chat(TOKEN);
    body.as_object_mut().unwrap().remove(name);
    body
}

fn skip(kind: u8, content: &str) -> Value {
    let mut body = with("skipType", json!(kind));
    body["skipContent"] = json!(content);
    body
}

fn class(classification: Value, category: &str) -> Value {
    let mut body = with("classification", classification);
    body["category"] = json!(category);
    body
}

#[test]
fn every_legal_value_is_accepted() {
    let (caller, access) = caller_with_token();
    for body in [
        chat(TOKEN),
        with("title", json!("题".repeat(40))),
        with("content", json!(format!("文{}", "👍".repeat(49)))),
        with("timeToLive", json!(60)),
        with("notifyId", json!(2_147_483_647)),
        with("networkType", json!(1)),
        with("requestId", json!("x".repeat(64))),
        skip(1, ""),
        skip(2, "https://example.com/chat"),
        class(json!(0), "SOCIAL"),
        class(json!(1), "TODO"),
        without("timeToLive"),
        without("networkType"),
        without("clientCustomMap"),
        without("extra"),
        without("category"),
        without("pushMode"),
        without("notifyId"),
    ] {
        let (status, answer) = send(&caller, &access, &body);
        assert_eq!((status, &answer["result"]), (200, &json!(0)), "{body}: {answer}");
    }
}

#[test]
fn every_illegal_value_is_refused_with_its_code() {
    let (caller, access) = caller_with_token();
    let pairs: Value = (0..11).map(|n| (n.to_string(), json!("x"))).collect::<serde_json::Map<_, _>>().into();
    for (body, code) in [
        (without("regId"), 10050),
        (without("notifyType"), 10054),
        (with("notifyType", json!(5)), 10054),
        (without("title"), 10055),
        (with("title", json!(" ")), 10055),
        (with("title", json!("题".repeat(41))), 10056),
        (with("content", json!("")), 10057),
        (with("content", json!("文".repeat(101))), 10058),
        (with("content", json!(format!("文{}", "👍".repeat(50)))), 10058),
        (with("timeToLive", json!(59)), 10059),
        (with("timeToLive", json!(86_401)), 10059),
        (without("skipType"), 10060),
        (with("skipType", json!(5)), 10060),
        (skip(2, ""), 10061),
        (skip(2, &"x".repeat(1001)), 10062),
        (skip(3, ""), 10063),
        (skip(3, &"x".repeat(1025)), 10064),
        (with("networkType", json!(0)), 10065),
        (with("clientCustomMap", pairs), 10066),
        (with("clientCustomMap", json!({"e": "x".repeat(1024)})), 10067),
        (skip(4, ""), 10068),
        (skip(4, &"x".repeat(1025)), 10069),
        (class(json!(1), "CHAT"), 10096),
        (class(json!(1), "NEWS"), 10097),
        (class(json!(0), "IM"), 10097),
        (with("classification", json!(2)), 11000),
        (with("extra", json!({"callback": "x".repeat(129)})), 10305),
        (with("extra", json!({"callback.param": "x".repeat(65)})), 10306),
        (without("requestId"), 10352),
        (with("requestId", json!("x".repeat(65))), 10353),
    ] {
        let (status, answer) = send(&caller, &access, &body);
        assert_eq!((status, &answer["result"]), (200, &json!(code)), "{body}: {answer}");
        assert!(caller.last_refusal().unwrap().starts_with(&code.to_string()));
    }
    assert_eq!(caller.control.counts().of(NAME).delivered, 0);
}

#[test]
fn types_and_names_are_strict() {
    let (caller, access) = caller_with_token();
    for body in [
        with("appId", json!("105999001")),
        with("classification", json!("1")),
        with("notifyType", json!("4")),
        with("timeToLive", json!(1.5)),
        with("category", Value::Null),
        with("pushMode", json!(2)),
        with("notifyId", json!(0)),
        with("clientCustomMap", json!({"n": 7})),
        with("foregroundShow", json!("false")),
        with("notify_id", json!(7)),
        json!("text"),
    ] {
        assert_eq!(send(&caller, &access, &body).0, 400, "{body}");
    }
}

#[test]
fn formal_messages_may_not_say_everything() {
    let (caller, access) = caller_with_token();
    let result = |body: &Value| send(&caller, &access, body).1["result"].clone();
    for text in ["ok", "123", "!!", "12:30", "[图片]", "{你好}", "测试一下", "👍", "See you"] {
        assert_eq!(result(&with("content", json!(text))), 10104, "{text}");
        assert_eq!(result(&with("title", json!(text))), 10104, "{text}");
    }
    for text in ["新消息：ok", "Are you coming tonight?", "room 7"] {
        assert_eq!(result(&with("content", json!(text))), 0, "{text}");
    }
    change(&caller, |known| known.test_devices = vec![TOKEN.to_owned()]);
    let mut test = with("content", json!("ok"));
    test["pushMode"] = json!(1);
    assert_eq!(result(&test), 0, "test messages may");
}

#[test]
fn chinese_may_count_twice() {
    let (caller, access) = caller_with_token();
    change(&caller, |known| known.chinese_counts_twice = true);
    let result = |body: &Value| send(&caller, &access, body).1["result"].clone();
    assert_eq!(result(&with("title", json!("题".repeat(21)))), 10056);
    assert_eq!(result(&with("content", json!("文".repeat(51)))), 10058);
    assert_eq!(result(&with("content", json!("文".repeat(50)))), 0);
}

#[test]
fn a_message_for_a_list_lives_longer_and_has_no_address_for_receipts() {
    let (caller, access) = caller_with_token();
    let mut body = message();
    assert_eq!(save(&caller, &access, &body).1["result"], 0);
    body["timeToLive"] = json!(899);
    assert_eq!(save(&caller, &access, &body).1["result"], 10059);
    let mut body = message();
    body["extra"] = json!({"callback": "https://example.com/r"});
    assert_eq!(save(&caller, &access, &body).1["result"], 10305);
}

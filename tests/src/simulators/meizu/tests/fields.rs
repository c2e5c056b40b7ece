use serde_json::{Value, json};

use super::super::NAME;
use super::{TOKEN, caller, chat, send, send_with};
use crate::simulators::engine::NewCredential;
use crate::simulators::meizu::account;
use crate::simulators::testing::Caller;

/// Returns a chat message with the value at a JSON pointer replaced. `null` removes it.
fn with(pointer: &str, value: Value) -> Value {
    let mut message = chat();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = message.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        drop(parent.remove(name))
    } else {
        drop(parent.insert(name.to_owned(), value))
    }
    message
}

fn code(caller: &Caller, message: &Value) -> String {
    send(caller, &[TOKEN], message).1["code"].as_str().unwrap().to_owned()
}

/// Returns a caller without limits for each phone, because these tests are about fields.
fn patient() -> Caller {
    let caller = caller();
    let mut known = account::known();
    (known.messages_per_minute, known.public_per_day) = (usize::MAX, usize::MAX);
    (known.vip, known.requests_per_second) = (true, usize::MAX);
    caller.control.add_credential(NewCredential::new(NAME, serde_json::to_value(known).unwrap())).unwrap();
    caller
}

fn receipts(callback: &str, kind: Value) -> Value {
    let param = json!("c_1001:m_9");
    with("/extra", json!({"callback": callback, "callback.param": param, "callback.type": kind}))
}

#[test]
fn every_legal_value_is_accepted() {
    let caller = patient();
    let registered = account::known().receipt_urls.pop().unwrap();
    for message in [
        chat(),
        json!({"noticeBarInfo": {"title": "t", "content": "c"}}),
        with("/noticeBarInfo/noticeMsgType", json!(0)),
        with("/noticeBarInfo/noticeBarType", json!(2)),
        with("/noticeBarInfo/title", json!("题".repeat(32))),
        with("/noticeBarInfo/content", json!("文".repeat(100))),
        with("/noticeExpandInfo", json!({"noticeExpandType": 1, "noticeExpandContent": "long"})),
        with("/noticeExpandInfo", json!({"noticeExpandType": 2, "noticeExpandImgUrl": "https://example.com/a.png"})),
        with("/clickTypeInfo", json!({"clickType": 0})),
        with("/clickTypeInfo", json!({"clickType": 2, "url": "imdemo://chat"})),
        with("/pushTimeInfo", json!({"offLine": 0})),
        with("/pushTimeInfo", json!({"offLine": true, "validTime": 72})),
        with("/advanceInfo/suspend", json!(false)),
        with("/advanceInfo/notificationType/sound", json!(0)),
        with("/advanceInfo/notifyKey", Value::Null),
        with("/vipInfo", json!({"subtitle": "x", "notGroup": 1})),
        receipts(&registered, json!("3")),
        receipts(&registered, json!(1)),
    ] {
        assert_eq!(code(&caller, &message), "200", "{message}");
    }
}

#[test]
fn every_illegal_value_is_refused() {
    let caller = patient();
    let registered = account::known().receipt_urls.pop().unwrap();
    for message in [
        with("/noticeBarInfo", Value::Null),
        with("/noticeBarInfo/title", Value::Null),
        with("/noticeBarInfo/title", json!("")),
        with("/noticeBarInfo/title", json!("题".repeat(33))),
        with("/noticeBarInfo/title", json!("😀".repeat(17))),
        with("/noticeBarInfo/content", json!("文".repeat(101))),
        with("/noticeBarInfo/noticeMsgType", json!(2)),
        with("/noticeBarInfo/noticeMsgType", json!("1")),
        with("/noticeBarInfo/noticeBarType", json!(1)),
        with("/noticeExpandInfo", json!({"noticeExpandType": 1})),
        with("/noticeExpandInfo", json!({"noticeExpandType": 3})),
        with("/clickTypeInfo", json!({"clickType": 1})),
        with("/clickTypeInfo", json!({"clickType": 1, "activity": "no blanks.X"})),
        with("/clickTypeInfo", json!({"clickType": 2})),
        with("/clickTypeInfo", json!({"clickType": 2, "url": format!("a:{}", "x".repeat(999))})),
        with("/clickTypeInfo", json!({"clickType": 3, "customAttribute": "x"})),
        with("/clickTypeInfo", json!({"clickType": 4})),
        with("/clickTypeInfo/parameters", json!({"n": 7})),
        with("/clickTypeInfo/parameters", json!("{}")),
        with("/pushTimeInfo", json!({"offLine": 2})),
        with("/pushTimeInfo", json!({"offLine": 1, "validTime": 0})),
        with("/pushTimeInfo", json!({"offLine": 1, "validTime": 73})),
        with("/advanceInfo/suspend", json!("1")),
        with("/advanceInfo/notificationType", json!({"sound": "ping"})),
        with("/advanceInfo/notifyKey", json!("123456789")),
        with("/advanceInfo/notifyKey", json!("a+b")),
        with("/advanceInfo/fixDisplay", json!(1)),
        with("/vipInfo", json!({"subtitle": "x".repeat(17)})),
        with("/badge", json!(1)),
        with("/noticeBarInfo/text", json!("misplaced")),
        receipts("https://elsewhere.example.com", json!(3)),
        receipts(&format!("https://{}", "x".repeat(128)), json!(3)),
        receipts(&registered, json!(4)),
        with("/extra", json!({"callback": registered, "callback.param": "x".repeat(65)})),
        json!("text"),
        json!([]),
    ] {
        assert_eq!(code(&caller, &message), "1005", "{message}");
        assert!(caller.last_refusal().unwrap().starts_with("1005: "));
    }
    assert_eq!(caller.control.counts().of(NAME).delivered, 0);
}

#[test]
fn some_features_are_not_for_everybody() {
    let caller = caller();
    assert_eq!(code(&caller, &with("/vipInfo", json!({"subtitle": "x"}))), "1005");
    assert_eq!(code(&caller, &with("/noticeExpandInfo", json!({"noticeExpandType": 2}))), "1005");
    let packages = |names: &str| send_with(&caller, &[TOKEN], &chat(), &[("restrictedPackageNames", names)]).1;
    assert_eq!(packages("com.example.im")["code"], "200");
    assert_eq!(packages("com.example.im,com.evil")["code"], "110031");
    assert_eq!(send_with(&caller, &[TOKEN], &chat(), &[("badge", "1")]).1["code"], "1005");
}

#[test]
fn a_request_names_1_to_100_tokens() {
    let caller = caller();
    assert_eq!(send(&caller, &[], &chat()).1["code"], "110004");
    assert_eq!(send(&caller, &[TOKEN; 101], &chat()).1["code"], "1005");
    assert_eq!(send(&caller, &[TOKEN, "", TOKEN], &chat()).1["code"], "1005");
    let tokens: Vec<String> = (0..100).map(|number| format!("RA50c63480363444{number:026}a6b")).collect();
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    assert_eq!(send(&caller, &tokens, &chat()).1["value"], json!({}));
    assert_eq!(caller.control.counts().of(NAME).delivered, 100);
}

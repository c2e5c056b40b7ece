use serde_json::{Value, json};

use super::super::NAME;
use super::{TOKEN, caller_with_token, chat, now_ms, send};
use crate::simulators::engine::NewCredential;
use crate::simulators::honor::account;

/// Returns a chat message with the value at a JSON pointer replaced. `null` removes it.
fn with(pointer: &str, value: Value) -> Value {
    let mut body = chat(&[TOKEN]);
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        drop(parent.remove(name))
    } else {
        drop(parent.insert(name.to_owned(), value))
    }
    body
}

fn notification(name: &str, value: Value) -> Value {
    with(&format!("/android/notification/{name}"), value)
}

fn android(name: &str, value: Value) -> Value {
    with(&format!("/android/{name}"), value)
}

fn long(title: &str, body: &str) -> Value {
    let mut message = notification("style", json!(1));
    message["android"]["notification"]["bigTitle"] = json!(title);
    message["android"]["notification"]["bigBody"] = json!(body);
    message
}

#[test]
fn every_legal_value_is_accepted() {
    let (caller, access) = caller_with_token();
    let cases = [
        chat(&[TOKEN]),
        with("/notification", Value::Null),
        notification("title", Value::Null),
        android("ttl", json!("1296000s")),
        android("targetUserType", json!(1)),
        notification("badge", json!({"badgeClass": "c", "setNum": 0})),
        notification("badge", json!({"badgeClass": "c"})),
        notification("clickAction", json!({"type": 2, "url": "https://example.com"})),
        notification("clickAction", json!({"type": 3})),
        notification("clickAction", json!({"type": 1, "action": "com.example.OPEN"})),
        notification("importance", json!("LOW")),
        notification("when", json!("2026-01-01T00:00:00Z")),
        notification("buttons", json!([{"name": "reply", "actionType": 1, "intentType": 0}])),
        long("Alice", "Are you coming tonight?"),
        json!({"data": "anything at all", "token": [TOKEN]}),
        json!({"android": {"data": "anything at all"}, "token": [TOKEN]}),
    ];
    for body in cases {
        let (status, answer) = send(&caller, &access, &body);
        assert_eq!((status, &answer["code"]), (200, &json!(200)), "{body}: {answer}");
    }
}

#[test]
fn every_illegal_value_is_refused() {
    let (caller, access) = caller_with_token();
    let button = json!({"name": "b", "actionType": 1});
    let cases = [
        notification("clickAction", Value::Null),
        notification("clickAction", json!({})),
        notification("clickAction", json!({"type": 1})),
        notification("clickAction", json!({"type": 1, "intent": "imdemo://chat"})),
        notification("clickAction", json!({"type": 2, "url": "http://example.com"})),
        notification("clickAction", json!({"type": 4})),
        notification("click_action", json!({"type": 3})),
        notification("badge", json!({"addNum": 1})),
        notification("badge", json!({"badgeClass": "c", "addNum": 0})),
        notification("badge", json!({"badgeClass": "c", "addNum": 100})),
        notification("badge", json!({"badgeClass": "c", "setNum": 100})),
        notification("badge", json!({"class": "c", "addNum": 1})),
        notification("importance", json!("HIGH")),
        notification("notifyId", json!("m1")),
        notification("channelId", json!("im")),
        notification("style", json!(1)),
        notification("style", json!(2)),
        notification("when", json!("tomorrow")),
        notification("image", json!("http://example.com/a.png")),
        notification("buttons", json!([button, button, button, button])),
        notification("buttons", json!([{"name": "x".repeat(41), "actionType": 1}])),
        notification("buttons", json!([{"name": "b", "actionType": 3}])),
        long("Alice", "another text"),
        android("ttl", json!(86400)),
        android("ttl", json!("86400")),
        android("ttl", json!("1d")),
        android("ttl", json!("1296001s")),
        android("ttl", json!("-1s")),
        android("biTag", json!("x".repeat(65))),
        android("bi_tag", json!("m1")),
        android("targetUserType", json!(2)),
        android("category", json!("IM")),
        android("data", json!({"f": "alice"})),
        with("/title", json!("t")),
        with("/token", json!(TOKEN)),
        with("/token", json!([""])),
        with("/token", Value::Null),
        json!({"message": chat(&[TOKEN])}),
        json!({"token": [TOKEN]}),
        json!({"token": [TOKEN], "notification": {"title": "t", "body": "b"}}),
    ];
    for body in cases {
        let (status, answer) = send(&caller, &access, &body);
        assert_eq!((status, &answer["code"]), (400, &json!(400)), "{body}: {answer}");
        assert!(caller.last_refusal().unwrap().starts_with("400"));
    }
    assert_eq!(caller.control.counts().of(NAME).delivered, 0);
    let (bearer, now) = (format!("Bearer {access}"), now_ms().to_string());
    let headers = |media: &'static str| {
        [("content-type", media), ("authorization", bearer.as_str()), ("timestamp", now.as_str())]
    };
    let path = "/api/v1/104400001/sendMessage";
    assert_eq!(caller.post(path, &headers("application/json"), "{").0, 400);
    let form = headers("application/x-www-form-urlencoded");
    assert_eq!(caller.post(path, &form, chat(&[TOKEN]).to_string()).0, 400);
}

#[test]
fn the_body_without_its_tokens_holds_4096_bytes() {
    let (caller, access) = caller_with_token();
    let tokens: Vec<String> = (0..1000).map(|number| format!("BAEAAAAA{number:024}")).collect();
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let overhead = |body: &Value| body.to_string().len() - tokens.iter().map(|token| token.len() + 3).sum::<usize>();
    let of = |bytes: usize| {
        let mut body = chat(&tokens);
        body["android"]["notification"]["body"] = json!("");
        body["android"]["notification"]["body"] = json!("x".repeat(bytes - overhead(&body)));
        body
    };
    assert_eq!(send(&caller, &access, &of(4096)).0, 200);
    assert_eq!(send(&caller, &access, &of(4097)).0, 413);
}

#[test]
fn a_request_names_as_many_tokens_as_the_app_may() {
    let (caller, access) = caller_with_token();
    assert_eq!(send(&caller, &access, &chat(&[])).0, 400);
    assert_eq!(send(&caller, &access, &chat(&[TOKEN; 1001])).0, 400);
    let mut known = account::known();
    known.max_tokens = 2;
    caller.control.add_credential(NewCredential::new(NAME, serde_json::to_value(known).unwrap())).unwrap();
    assert_eq!(send(&caller, &access, &chat(&[TOKEN; 2])).0, 200);
    let (_, answer) = send(&caller, &access, &chat(&[TOKEN; 3]));
    assert_eq!(answer["message"], "parameter error, the number of tokens exceeds the maximum of 2");
}

#[test]
fn without_the_right_to_service_messages_everything_is_marketing() {
    let (caller, access) = caller_with_token();
    let category = || {
        send(&caller, &access, &chat(&[TOKEN]));
        caller.control.device(NAME, TOKEN).shade.pop().unwrap().delivery.notice.category.unwrap()
    };
    assert_eq!(category(), "NORMAL");
    let mut known = account::known();
    known.service_right = false;
    caller.control.add_credential(NewCredential::new(NAME, serde_json::to_value(known).unwrap())).unwrap();
    assert_eq!(category(), "LOW");
}

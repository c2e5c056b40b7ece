use serde_json::{Value, json};

use super::super::NAME;
use super::{TOKEN, caller_with_token, chat, send};
use crate::simulators::engine::NewCredential;
use crate::simulators::huawei::account;

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
    with(&format!("/message/android/notification/{name}"), value)
}

fn android(name: &str, value: Value) -> Value {
    with(&format!("/message/android/{name}"), value)
}

#[test]
fn every_legal_value_is_accepted() {
    let (caller, access) = caller_with_token();
    let cases = [
        chat(&[TOKEN]),
        android("ttl", json!("1296000s")),
        android("ttl", json!("60")),
        android("ttl", json!("0.5s")),
        android("collapse_key", json!(100)),
        android("urgency", json!("NORMAL")),
        android("data", json!("{\"f\":\"alice\"}")),
        notification("badge", json!({"class": "c", "set_num": 0})),
        notification("badge", json!({"class": "c"})),
        notification("click_action", json!({"type": 2, "url": "https://example.com"})),
        notification("click_action", json!({"type": 3})),
        notification("click_action", json!({"type": 1, "action": "com.example.OPEN"})),
        notification("importance", json!("LOW")),
        notification("sound", json!("/raw/ring")),
        notification("when", json!("2026-01-01T00:00:00Z")),
        notification("visibility", json!("PRIVATE")),
        notification("buttons", json!([{"name": "reply", "action_type": 1}])),
        json!({"message": {"data": "anything at all", "token": [TOKEN], "android": {"category": "PLAY_VOICE"}}}),
        json!({"message": {"notification": {"title": "t", "body": "b"}, "token": [TOKEN], "android": {"notification": {"click_action": {"type": 3}}}}}),
        json!({"message": {"notification": {"title": "t", "body": "b"}, "topic": "news", "android": {"notification": {"click_action": {"type": 3}}}}}),
    ];
    for body in cases {
        let (status, answer) = send(&caller, &access, &body);
        assert_eq!((status, &answer["code"]), (200, &json!("80000000")), "{body}: {answer}");
    }
}

#[test]
fn every_illegal_value_is_refused_with_its_code() {
    let (caller, access) = caller_with_token();
    let light = json!({"color": {"red": 2}, "light_on_duration": "1s", "light_off_duration": "1s"});
    let cases = [
        (notification("click_action", Value::Null), "80100003"),
        (notification("click_action", json!({})), "80100003"),
        (notification("click_action", json!({"type": 1})), "80100003"),
        (notification("click_action", json!({"type": 1, "intent": "imdemo://chat"})), "80100003"),
        (notification("click_action", json!({"type": 2})), "80100003"),
        (notification("click_action", json!({"type": 2, "url": "http://example.com"})), "80100003"),
        (notification("click_action", json!({"type": 4})), "80100003"),
        (notification("title", Value::Null), "80100003"),
        (notification("body", json!("")), "80100003"),
        (notification("badge", json!({"add_num": 1})), "80100003"),
        (notification("badge", json!({"class": "c", "add_num": 0})), "80100003"),
        (notification("badge", json!({"class": "c", "add_num": 100})), "80100003"),
        (notification("badge", json!({"class": "c", "set_num": 100})), "80100003"),
        (notification("badge", json!({"class": "c", "add_num": "1"})), "80100003"),
        (notification("importance", json!("MAX")), "80100003"),
        (notification("notify_id", json!("m1")), "80100003"),
        (notification("sound", json!("ring")), "80100003"),
        (notification("color", json!("red")), "80100003"),
        (notification("style", json!(2)), "80100003"),
        (notification("style", json!(1)), "80100003"),
        (notification("style", json!(3)), "80100003"),
        (notification("buttons", json!([{"name": "x".repeat(41), "action_type": 1}])), "80100003"),
        (notification("vibrate_config", json!(vec!["1"; 11])), "80100003"),
        (notification("light_settings", light), "80100003"),
        (notification("profile_id", json!("x".repeat(65))), "80100003"),
        (notification("channelId", json!("c")), "80100003"),
        (android("category", json!("CHAT")), "80100003"),
        (android("category", json!("PLAY_VOICE")), "80100001"),
        (android("ttl", json!(86400)), "80100003"),
        (android("ttl", json!("1d")), "80100001"),
        (android("ttl", json!("1296001s")), "80100001"),
        (android("ttl", json!("0.0123456789s")), "80100001"),
        (android("ttl", json!("-1s")), "80100001"),
        (android("collapse_key", json!(101)), "80100013"),
        (android("collapse_key", json!(-2)), "80100013"),
        (android("collapse_key", json!("g1")), "80100003"),
        (android("urgency", json!("HIGH")), "80300011"),
        (android("target_user_type", json!(2)), "80100001"),
        (android("fast_app_target", json!(3)), "80100001"),
        (android("priority", json!("HIGH")), "80100003"),
        (android("data", json!({"f": "alice"})), "80100003"),
        (android("data", json!("no json")), "80100003"),
        (with("/message/title", json!("t")), "80100003"),
        (with("/title", json!("t")), "80100003"),
        (with("/validate_only", json!("false")), "80100003"),
        (with("/message/topic", json!("t")), "80100003"),
        (with("/message/token", json!(TOKEN)), "80100003"),
        (with("/message/token", Value::Null), "80300010"),
        (json!({"token": [TOKEN], "android": {}}), "80300010"),
        (json!({"msg": chat(&[TOKEN])["message"]}), "80300010"),
        (json!({"message": {"token": [TOKEN]}}), "80100003"),
    ];
    for (body, code) in cases {
        let (status, answer) = send(&caller, &access, &body);
        assert_eq!((status, &answer["code"]), (400, &json!(code)), "{body}: {answer}");
        assert!(caller.last_refusal().unwrap().starts_with(code));
    }
    assert_eq!(caller.control.counts().of(NAME).delivered, 0);
    let path = "/v1/101234567/messages:send";
    assert_eq!(caller.json(path, &access, "{").1["code"], "80100003");
    let bearer = format!("Bearer {access}");
    let as_form = [("authorization", bearer.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(caller.post(path, &as_form, chat(&[TOKEN]).to_string()).1["code"], "80100003");
}

#[test]
fn the_body_without_its_tokens_holds_4096_bytes() {
    let (caller, access) = caller_with_token();
    let tokens: Vec<String> = (0..1000).map(|number| format!("08612345678901233{number:011}CN01")).collect();
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let overhead = |body: &Value| body.to_string().len() - tokens.iter().map(|token| token.len() + 3).sum::<usize>();
    let of = |bytes: usize| {
        let mut body = chat(&tokens);
        body["message"]["android"]["notification"]["body"] = json!("");
        body["message"]["android"]["notification"]["body"] = json!("x".repeat(bytes - overhead(&body)));
        body
    };
    assert_eq!(send(&caller, &access, &of(4096)).1["code"], "80000000");
    assert_eq!(send(&caller, &access, &of(4097)).1["code"], "80300008");
}

#[test]
fn a_request_names_1_to_1000_tokens() {
    let (caller, access) = caller_with_token();
    assert_eq!(send(&caller, &access, &chat(&[])).1["code"], "80300010");
    assert_eq!(send(&caller, &access, &chat(&[TOKEN; 1001])).1["code"], "80300010");
}

#[test]
fn rights_are_the_apps_own() {
    let (caller, access) = caller_with_token();
    let mut known = account::known();
    known.high_priority = true;
    known.granted_categories = vec!["WORK".to_owned()];
    caller.control.add_credential(NewCredential::new(NAME, serde_json::to_value(known).unwrap())).unwrap();
    assert_eq!(send(&caller, &access, &android("urgency", json!("HIGH"))).1["code"], "80000000");
    let shown = caller.control.device(NAME, TOKEN).shade.pop().unwrap();
    assert_eq!(shown.delivery.notice.category.as_deref(), Some("MARKETING"), "the category was not granted");
}

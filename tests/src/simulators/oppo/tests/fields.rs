use serde_json::{Value, json};

use super::super::NAME;
use super::{BATCH, TOKEN, UNICAST, caller_with_token, change, chat, send, send_all};

/// Returns a new chat message with the value at a JSON pointer replaced. `null` removes it.
fn with(pointer: &str, value: Value) -> Value {
    let mut body = chat(TOKEN);
    body["notification"]["app_message_id"] = Value::Null;
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        drop(parent.remove(name))
    } else {
        drop(parent.insert(name.to_owned(), value))
    }
    body
}

fn shown(name: &str, value: Value) -> Value {
    with(&format!("/notification/{name}"), value)
}

#[test]
fn every_legal_value_is_accepted() {
    let (caller, access) = caller_with_token();
    let mut web = shown("click_action_type", json!(2));
    web["notification"]["click_action_url"] = json!("http://example.com");
    let mut address = shown("click_action_type", json!(5));
    address["notification"]["click_action_url"] = json!("imdemo://chat");
    let mut public = shown("category", json!("NEWS"));
    public["notification"]["notify_level"] = json!(1);
    let mut bare = shown("category", Value::Null);
    bare["notification"]["notify_level"] = Value::Null;
    for body in [
        chat(TOKEN),
        web,
        address,
        public,
        bare,
        shown("click_action_type", json!(0)),
        shown("notify_level", json!(16)),
        shown("style", Value::Null),
        shown("title", json!("题".repeat(50))),
        shown("content", json!("😀".repeat(50))),
        shown("off_line_ttl", json!(864_000)),
        shown("private_msg_template_id", json!("T1")),
        shown("private_title_parameters", json!({"name": "Alice"})),
        with("/verify_registration_id", Value::Null),
    ] {
        let (status, answer) = send(&caller, &access, &body);
        assert_eq!((status, &answer["code"]), (200, &json!(0)), "{body}: {answer}");
    }
}

#[test]
fn every_illegal_value_is_refused_with_its_code() {
    let (caller, access) = caller_with_token();
    let mut no_url = shown("click_action_type", json!(2));
    no_url["notification"]["click_action_url"] = json!("ftp://example.com");
    let mut camel = chat(TOKEN);
    camel["notification"]["Title"] = camel["notification"]["title"].take();
    let mut level_alone = shown("category", Value::Null);
    level_alone["notification"]["notify_level"] = json!(2);
    let cases = [
        (with("/target_type", Value::Null), 40),
        (with("/target_value", json!("")), 40),
        (with("/notification", Value::Null), 40),
        (shown("title", Value::Null), 40),
        (shown("content", json!("")), 40),
        (camel, 40),
        (json!({"targetType": 2, "targetValue": TOKEN, "notification": {}}), 40),
        (with("/target_type", json!("2")), 41),
        (with("/target_type", json!(5)), 41),
        (with("/notification", json!("{}")), 40),
        (with("/verify_registration_id", json!("true")), 41),
        (shown("channelId", json!("im_chat")), 41),
        (shown("sound", json!("default")), 41),
        (shown("title", json!("题".repeat(51))), 41),
        (shown("content", json!("文".repeat(51))), 41),
        (shown("style", json!(3)), 41),
        (shown("sub_title", json!("x".repeat(11))), 41),
        (shown("action_parameters", json!({"a": 1})), 41),
        (shown("action_parameters", json!("[1]")), 41),
        (shown("action_parameters", json!(format!("{{\"a\":\"{}\"}}", "x".repeat(4000)))), 41),
        (shown("click_action_type", json!(3)), 41),
        (shown("click_action_activity", Value::Null), 40),
        (no_url, 41),
        (shown("off_line_ttl", json!(864_001)), 41),
        (shown("off_line_ttl", json!(0)), 41),
        (shown("off_line", json!(1)), 41),
        (shown("notify_id", json!("7")), 41),
        (shown("notify_id", json!(3_000_000_000_u32)), 41),
        (shown("call_back_url", json!("x".repeat(201))), 41),
        (shown("badge_operation_type", json!(2)), 41),
        (level_alone, 67),
        (shown("notify_level", json!(3)), 67),
        (shown("category", json!("TODO")), 67),
        (shown("category", json!("CHAT")), 67),
    ];
    for (body, code) in cases {
        let (status, answer) = send(&caller, &access, &body);
        assert_eq!((status, &answer["code"], &answer["data"]), (200, &json!(code), &json!({})), "{body}: {answer}");
        assert!(caller.last_refusal().unwrap().starts_with(&code.to_string()));
    }
    assert_eq!(caller.control.counts().of(NAME).delivered, 0);
}

#[test]
fn a_request_is_a_form_with_json_in_one_field() {
    let (caller, access) = caller_with_token();
    let code = |path: &str, rest: &str| caller.form(path, &format!("auth_token={access}{rest}")).1["code"].clone();
    let message = chat(TOKEN).to_string();
    assert_eq!(code(UNICAST, ""), 40);
    assert_eq!(code(UNICAST, &format!("&messages=[{message}]")), 40);
    assert_eq!(code(UNICAST, "&message=x"), 41);
    assert_eq!(code(UNICAST, &format!("&message=[{message}]")), 41);
    assert_eq!(code(UNICAST, "&message={}&message={}"), 41);
    assert_eq!(code(BATCH, &format!("&messages={message}")), 41);
    assert_eq!(code(BATCH, "&messages=[]"), 41);
    assert_eq!(caller.form("/server/v1/message/notification/broadcast", "").0, 404);
    assert_eq!(caller.call("GET", UNICAST, &[], "").1["code"], 12);
}

#[test]
fn a_batch_has_at_most_1000_messages() {
    let (caller, access) = caller_with_token();
    let of = |count: usize| (0..count).map(|number| chat(&format!("CN_{number:032x}"))).collect::<Value>();
    assert_eq!(send_all(&caller, &access, &of(1001)).1["code"], 41);
    let (_, answer) = send_all(&caller, &access, &of(1000));
    assert_eq!((&answer["code"], answer["data"].as_array().unwrap().len()), (&json!(0), 1000));
}

#[test]
fn rights_are_the_apps_own() {
    let (caller, access) = caller_with_token();
    change(&caller, |known| {
        known.banner = false;
        known.content_limit = 200;
        known.granted_categories = vec!["IM".to_owned(), "TODO".to_owned()];
    });
    let code = |body: Value| send(&caller, &access, &body).1["code"].as_i64().unwrap();
    assert_eq!(code(shown("notify_level", json!(16))), 67);
    assert_eq!(code(shown("content", json!("文".repeat(200)))), 0);
    assert_eq!(code(shown("category", json!("TODO"))), 0);
    assert_eq!(code(shown("category", json!("ACCOUNT"))), 67);
}

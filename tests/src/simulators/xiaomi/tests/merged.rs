use serde_json::{Value, json};

use super::super::{NAME, device_token, merged::PATH, scripts};
use super::{FORM, KEY, TOKEN};
use crate::simulators::engine::{Device, Filter};
use crate::simulators::testing::{Caller, Got};

/// Returns a message for a token. Members that are `null` are left out.
fn message(token: &str, changes: Value) -> Value {
    let mut shown = json!({
        "restricted_package_name": "com.example.im",
        "pass_through": 0,
        "title": "张三",
        "description": format!("hello {token}"),
        "payload": r#"{"conv":"c_1"}"#,
        "notify_type": -1,
        "notify_id": 7,
        "time_to_live": 86_400_000,
        "extra": {
            "notify_effect": "1",
            "channel_id": "107086",
            "template_id": "P10234",
            "template_param": r#"{"sender":"张三","text":"hello"}"#,
        },
    });
    for (name, value) in changes.as_object().unwrap() {
        shown[name] = value.clone();
    }
    shown.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    json!({"target": token, "message": shown})
}

fn post(caller: &Caller, messages: &str) -> Got {
    let text = percent_encoding::utf8_percent_encode(messages, percent_encoding::NON_ALPHANUMERIC);
    caller.post(PATH, &[("authorization", KEY), ("content-type", FORM)], format!("messages={text}"))
}

fn send(caller: &Caller, messages: &[Value]) -> Got {
    post(caller, &json!(messages).to_string())
}

#[test]
fn each_phone_shows_its_own_notification() {
    let caller = Caller::of(NAME);
    let tokens = [device_token(), device_token()];
    let (status, answer) =
        send(&caller, &[message(&tokens[0], json!({})), message(&tokens[1], json!({"title": "李雷"}))]);
    assert_eq!((status, &answer["code"]), (200, &json!(0)));
    for (token, title) in tokens.iter().zip(["张三", "李雷"]) {
        let shown = &caller.control.device(NAME, token).shade[0].delivery.notice;
        assert_eq!((shown.title.as_deref(), shown.category.as_deref()), (Some(title), Some("private")));
        assert_eq!(shown.body, Some(format!("hello {token}")));
    }
    assert_eq!(caller.control.requests(&Filter::vendor(NAME).for_token(&tokens[1])).len(), 1);
    assert_eq!(caller.last_refusal(), None);
}

#[test]
fn bad_tokens_are_listed_and_the_others_get_theirs() {
    let caller = Caller::of(NAME);
    let [dead, scripted, own] = [(); 3].map(|()| device_token());
    caller.control.add_devices([Device::unregistered(NAME, &dead)]).unwrap();
    caller.control.add_faults([scripts::bad_token(&scripted)]).unwrap();
    let all = [&dead, &own, &scripted].map(|token| message(token, json!({})));
    let (_, answer) = send(&caller, &all);
    assert_eq!((&answer["code"], &answer["data"]["bad_regids"]), (&json!(0), &json!([dead, scripted].join(","))));
    assert_eq!(caller.control.deliveries(&Filter::default()).len(), 1);
    let (_, answer) = send(&caller, &all[..1]);
    assert_eq!((&answer["code"], &answer["data"]), (&json!(20301), &json!(null)));
}

#[test]
fn one_wrong_message_refuses_them_all() {
    let caller = Caller::of(NAME);
    let right = message(TOKEN, json!({}));
    let mut stray = right.clone();
    stray["priority"] = json!(1);
    for (wrong, code) in [
        (message(&device_token(), json!({"title": " "})), 10017),
        (message(&device_token(), json!({"pass_through": null})), 10016),
        (message(&device_token(), json!({"pass_through": 1})), 10017),
        (message(&device_token(), json!({"pass_through": "0"})), 10017),
        (message(&device_token(), json!({"time_to_live": "86400000"})), 10017),
        (message(&device_token(), json!({"notify_id": 7.5})), 10017),
        (message(&device_token(), json!({"payload": {"conv": "c_1"}})), 10017),
        (message(&device_token(), json!({"payload": "x".repeat(5000)})), 65009),
        (message(&device_token(), json!({"extra": null})), 10017),
        (message(&device_token(), json!({"extra": {"notify_effect": 1}})), 10017),
        (message(&device_token(), json!({"extra": {"notify_effect": "1", "channel_id": "999"}})), 27001),
        (message(&device_token(), json!({"extra.notify_effect": "1"})), 10017),
        (message(&device_token(), json!({"registration_id": "t"})), 10017),
        (message(&device_token(), json!({"restricted_package_name": "com.example.other"})), 22022),
        (message(&device_token(), json!({"restricted_package_name": "com.example.im,com.example.im"})), 10017),
        (message("", json!({})), 10016),
        (message(&format!("{TOKEN},{TOKEN}"), json!({})), 10017),
        (json!({"target": TOKEN}), 10016),
        (json!(7), 10017),
        (stray, 10017),
    ] {
        let (status, answer) = send(&caller, &[right.clone(), wrong.clone()]);
        assert_eq!((status, &answer["code"]), (200, &json!(code)), "{wrong}: {answer}");
    }
    assert!(caller.control.deliveries(&Filter::default()).is_empty());
}

#[test]
fn a_request_has_1_to_1000_messages_in_one_field() {
    let caller = Caller::of(NAME);
    let code = |(_, answer): Got| answer["code"].clone();
    let messages = vec![message(TOKEN, json!({})); 1001];
    assert_eq!(code(send(&caller, &messages[..1000])), 0);
    assert_eq!(code(send(&caller, &messages)), 10017);
    assert_eq!([code(send(&caller, &[])), code(post(&caller, "{}")), code(post(&caller, "["))], [10017; 3]);
    assert_eq!(code(post(&caller, "")), 10016);
    assert_eq!(code(post(&caller, "%5B%5D&title=x")), 10017);
    let unknown = caller.post(PATH, &[("content-type", FORM)], "messages=%5B%5D");
    assert_eq!(code(unknown), 21301);
}

use serde_json::{Value, json};

use super::super::{NAME, device_token, scripts};
use super::{TOKEN, caller_with_token, chat, send};
use crate::simulators::engine::{Device, Filter};

#[test]
fn a_chat_notification_is_accepted_and_shown_on_every_phone() {
    let (caller, access) = caller_with_token();
    let other = device_token();
    let (status, answer) = send(&caller, &access, &chat(&[TOKEN, &other]));
    assert_eq!((status, &answer["data"]["sendResult"]), (200, &json!(true)));
    for token in [TOKEN, other.as_str()] {
        let shown = caller.control.device(NAME, token).shade.pop().unwrap().delivery.notice;
        assert_eq!(
            (shown.title.as_deref(), shown.message_id),
            (Some("Alice"), answer["data"]["requestId"].as_str().unwrap().to_owned())
        );
        assert_eq!(shown.detail["biTag"], "m778899");
    }
}

#[test]
fn each_list_names_its_tokens() {
    let (caller, access) = caller_with_token();
    let [dead, foreign, stumbling] = [(); 3].map(|()| device_token());
    caller
        .control
        .add_devices([Device::unregistered(NAME, &dead), Device::live(NAME, &foreign).owned_by("999")])
        .unwrap();
    caller.control.add_faults([scripts::failed_token(&stumbling, 1)]).unwrap();
    let all = [TOKEN, &dead, &foreign, &stumbling, "bad"];
    let data = &send(&caller, &access, &chat(&all)).1["data"];
    assert_eq!((&data["expireTokens"], &data["failTokens"]), (&json!([dead]), &json!([foreign, stumbling, "bad"])));
    assert_eq!(data["sendResult"], true);
    assert_eq!(caller.control.deliveries(&Filter::default()).len(), 1);
    let data = &send(&caller, &access, &chat(&[&stumbling])).1["data"];
    assert_eq!(data["failTokens"], json!([]), "it stumbled once");
    caller.control.add_faults([scripts::expired_token(&stumbling)]).unwrap();
    let data = &send(&caller, &access, &chat(&[&stumbling])).1["data"];
    assert_eq!((&data["sendResult"], &data["expireTokens"]), (&json!(false), &json!([stumbling])));
    assert_eq!(caller.last_refusal(), None);
}

#[test]
fn scripted_answers_are_those_of_the_whole_call() {
    let (caller, access) = caller_with_token();
    for (code, status) in [("403", 403), ("404", 404), ("80300007", 200), ("500", 500), ("89999999", 200)] {
        caller.control.add_faults([scripts::coded(code)]).unwrap();
        let (got, answer) = send(&caller, &access, &chat(&[TOKEN]));
        assert_eq!((got, &answer["code"]), (status, &json!(code.parse::<u64>().unwrap())));
    }
    let next = |rule| {
        caller.control.add_faults([rule]).unwrap();
        send(&caller, &access, &chat(&[TOKEN]))
    };
    assert_eq!(next(scripts::access_refused()).0, 403);
    assert_eq!(next(scripts::rate_limited(Some(7))).0, 429);
    assert_eq!(next(scripts::rate_limited(None)).0, 429);
    assert!(matches!(next(scripts::bad_gateway()), (502, Value::String(_))));
    assert_eq!(next(scripts::not_sent()).1["data"]["sendResult"], false);
    assert_eq!(next(scripts::without_data()).1["data"], Value::Null);
    assert_eq!(next(scripts::string_code()).1["code"], "200");
    assert_eq!(next(scripts::secret_changed()).0, 200, "that rule is for the token endpoint");
    assert_eq!(caller.form("/auth/token", super::GRANT).1["error"], "invalid_client");
}

#[test]
fn the_same_tag_or_notify_id_replaces_and_a_repeated_token_is_delivered_twice() {
    let (caller, access) = caller_with_token();
    let of = |notification: Value| {
        let mut body = chat(&[TOKEN]);
        let shown = body["android"]["notification"].as_object_mut().unwrap();
        shown.remove("tag");
        shown.remove("notifyId");
        shown.extend(notification.as_object().unwrap().clone());
        body
    };
    for notification in [
        json!({"tag": "m1"}),
        json!({"notifyId": 7}),
        json!({"tag": "m1", "notifyId": 7}),
        json!({"notifyId": -1}),
        json!({}),
    ] {
        assert_eq!(send(&caller, &access, &of(notification)).0, 200);
    }
    let phone = caller.control.device(NAME, TOKEN);
    assert_eq!(phone.shade.iter().map(|shown| shown.alerts).collect::<Vec<_>>(), [3, 1, 1]);
    let mut twice = of(json!({}));
    twice["token"] = json!([TOKEN, TOKEN]);
    send(&caller, &access, &twice);
    assert_eq!(caller.control.device(NAME, TOKEN).shade.len(), 5);
}

#[test]
fn data_messages_reach_the_app_and_not_the_shade() {
    let (caller, access) = caller_with_token();
    assert_eq!(send(&caller, &access, &json!({"data": "payload", "token": [TOKEN]})).0, 200);
    let phone = caller.control.device(NAME, TOKEN);
    assert_eq!((phone.shade.len(), &phone.data[0].notice.data), (0, &json!("payload")));
}

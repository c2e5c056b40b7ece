use serde_json::{Value, json};

use super::super::{NAME, device_token, scripts};
use super::{TOKEN, caller_with_token, chat, send};
use crate::simulators::engine::{Device, Filter};
use crate::simulators::huawei::account::{APP, PROJECT};

#[test]
fn a_chat_notification_is_accepted_and_shown_on_every_phone() {
    let (caller, access) = caller_with_token();
    let tokens = [device_token(), device_token()];
    let (status, answer) = send(&caller, &access, &chat(&[&tokens[0], &tokens[1]]));
    assert_eq!((status, &answer["code"], &answer["msg"]), (200, &json!("80000000"), &json!("Success")));
    for token in &tokens {
        let phone = caller.control.device(NAME, token);
        let shown = &phone.shade[0].delivery.notice;
        assert_eq!((shown.title.as_deref(), shown.category.as_deref()), (Some("Alice"), Some("IM")));
        assert_eq!((&json!(shown.message_id), &shown.detail["bi_tag"]), (&answer["requestId"], &json!("m778899")));
    }
}

#[test]
fn a_partial_result_lists_the_illegal_tokens_in_a_string() {
    let (caller, access) = caller_with_token();
    let [dead, foreign, own, scripted] = [(); 4].map(|()| device_token());
    caller
        .control
        .add_devices([
            Device::unregistered(NAME, &dead),
            Device::live(NAME, &foreign).owned_by("999"),
            Device::live(NAME, &own).owned_by(APP),
            Device::live(NAME, TOKEN).owned_by(PROJECT),
        ])
        .unwrap();
    caller.control.add_faults([scripts::illegal_token(&scripted)]).unwrap();
    let harmony = "MAMzLgExampleExampleExample";
    let all = [&own, &dead, TOKEN, "0861bad", &foreign, harmony, &scripted];
    let (status, answer) = send(&caller, &access, &chat(&all));
    assert_eq!((status, &answer["code"]), (200, &json!("80100000")));
    let details: Value = serde_json::from_str(answer["msg"].as_str().unwrap()).unwrap();
    assert_eq!(
        details,
        json!({"success": 2, "failure": 5, "illegal_tokens": [dead, "0861bad", foreign, harmony, scripted]})
    );
    assert_eq!(caller.control.deliveries(&Filter::default()).len(), 2);
    assert_eq!(caller.last_refusal(), None);
}

#[test]
fn when_no_token_is_valid_none_is_listed() {
    let (caller, access) = caller_with_token();
    caller.control.add_devices([Device::unregistered(NAME, TOKEN)]).unwrap();
    let (status, answer) = send(&caller, &access, &chat(&[TOKEN, "bad"]));
    assert_eq!(
        (status, &answer["code"], &answer["msg"]),
        (200, &json!("80300007"), &json!("All the tokens are invalid"))
    );
}

#[test]
fn a_scripted_code_is_the_answer_to_the_whole_call() {
    let (caller, access) = caller_with_token();
    for (code, status) in
        [("80200003", 401), ("80300007", 200), ("81000001", 500), ("80100016", 400), ("89999999", 200)]
    {
        caller.control.add_faults([scripts::coded(code)]).unwrap();
        let (got, answer) = send(&caller, &access, &chat(&[TOKEN]));
        assert_eq!((got, &answer["code"]), (status, &json!(code)));
    }
    caller.control.add_faults([scripts::flow_control(), scripts::unreadable_partial()]).unwrap();
    assert_eq!(send(&caller, &access, &chat(&[TOKEN])).0, 503);
    assert_eq!(send(&caller, &access, &chat(&[TOKEN])).1["code"], "80100000");
    caller.control.add_faults([scripts::secret_changed()]).unwrap();
    assert_eq!(send(&caller, &access, &chat(&[TOKEN])).1["code"], "80000000", "that rule is for the token endpoint");
    assert_eq!(caller.form("/oauth2/v3/token", super::GRANT).1["sub_error"], 12304);
}

#[test]
fn the_same_tag_or_notify_id_replaces_and_a_repeated_token_is_delivered_twice() {
    let (caller, access) = caller_with_token();
    let of = |notification: Value| {
        let mut body = chat(&[TOKEN]);
        let shown = body["message"]["android"]["notification"].as_object_mut().unwrap();
        shown.remove("tag");
        shown.remove("notify_id");
        shown.extend(notification.as_object().unwrap().clone());
        body
    };
    for notification in [
        json!({"tag": "m1"}),
        json!({"notify_id": 7}),
        json!({"tag": "m1", "notify_id": 7}),
        json!({"notify_id": -1}),
        json!({}),
    ] {
        assert_eq!(send(&caller, &access, &of(notification)).1["code"], "80000000");
    }
    let phone = caller.control.device(NAME, TOKEN);
    assert_eq!(phone.shade.iter().map(|shown| shown.alerts).collect::<Vec<_>>(), [3, 1, 1]);
    let mut twice = of(json!({}));
    twice["message"]["token"] = json!([TOKEN, TOKEN]);
    send(&caller, &access, &twice);
    assert_eq!(caller.control.device(NAME, TOKEN).shade.len(), 5);
}

#[test]
fn data_messages_reach_the_app_and_not_the_shade() {
    let (caller, access) = caller_with_token();
    let body = json!({"message": {"data": "payload", "token": [TOKEN]}});
    assert_eq!(send(&caller, &access, &body).1["code"], "80000000");
    let phone = caller.control.device(NAME, TOKEN);
    assert_eq!((phone.shade.len(), &phone.data[0].notice.data), (0, &json!("payload")));
}

#[test]
fn validate_only_delivers_nothing() {
    let (caller, access) = caller_with_token();
    let mut body = chat(&[TOKEN]);
    body["validate_only"] = json!(true);
    assert_eq!(send(&caller, &access, &body).1["code"], "80000000");
    assert!(caller.control.deliveries(&Filter::default()).is_empty());
}

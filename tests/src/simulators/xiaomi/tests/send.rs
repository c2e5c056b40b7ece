use serde_json::json;

use super::super::{NAME, device_token, scripts};
use super::{FORM, KEY, SEND, TOKEN, chat, send};
use crate::simulators::PACKAGE;
use crate::simulators::engine::{Device, Filter, NewCredential};
use crate::simulators::testing::Caller;
use crate::simulators::xiaomi::account::{self, APP};

#[test]
fn a_chat_notification_is_accepted_and_shown_on_every_phone() {
    let caller = Caller::of(NAME);
    let tokens = [device_token(), device_token()];
    let (status, answer) = send(&caller, &chat(&[&tokens[0], &tokens[1]], &[]));
    assert_eq!((status, &answer["code"], &answer["result"]), (200, &json!(0), &json!("ok")));
    assert!(answer["data"]["day_quota"].is_string() && answer["data"]["bad_regids"].is_null());
    for token in &tokens {
        let phone = caller.control.device(NAME, token);
        let shown = &phone.shade[0].delivery.notice;
        assert_eq!((shown.title.as_deref(), shown.category.as_deref()), (Some("张三"), Some("private")));
        assert_eq!(
            (&json!(shown.message_id), &shown.detail["extra.channel_id"]),
            (&answer["data"]["id"], &json!("107086"))
        );
        assert_eq!(shown.data, r#"{"conv":"c_1","msg":"m_9"}"#);
    }
    assert_eq!(caller.control.requests(&Filter::vendor(NAME).for_token(&tokens[1])).len(), 1);
}

#[test]
fn bad_tokens_are_listed_in_one_text() {
    let caller = Caller::of(NAME);
    let [dead, foreign, own, scripted] = [(); 4].map(|()| device_token());
    caller
        .control
        .add_devices([
            Device::unregistered(NAME, &dead),
            Device::live(NAME, &foreign).owned_by("com.example.other"),
            Device::live(NAME, &own).owned_by(PACKAGE),
        ])
        .unwrap();
    caller.control.add_faults([scripts::bad_token(&scripted)]).unwrap();
    let (status, answer) = send(&caller, &chat(&[&own, &dead, TOKEN, "short", &foreign, &scripted], &[]));
    assert_eq!((status, &answer["code"]), (200, &json!(0)));
    assert_eq!(answer["data"]["bad_regids"], [&dead, "short", &foreign, &scripted].join(","));
    assert_eq!(caller.control.deliveries(&Filter::default()).len(), 2);
    assert_eq!(caller.last_refusal(), None);
}

#[test]
fn when_no_token_is_good_sending_failed() {
    let caller = Caller::of(NAME);
    caller.control.add_devices([Device::unregistered(NAME, TOKEN)]).unwrap();
    let (status, answer) = send(&caller, &chat(&[TOKEN, "bad"], &[]));
    assert_eq!((status, &answer["code"], &answer["data"]), (200, &json!(20301), &json!(null)));
}

#[test]
fn a_plus_that_was_not_escaped_makes_another_token() {
    let caller = Caller::of(NAME);
    let body = chat(&[TOKEN], &[]).replace("%2B", "+");
    assert_eq!(send(&caller, &body).1["code"], 20301);
}

#[test]
fn every_call_needs_the_key_in_its_one_spelling_and_a_form() {
    let caller = Caller::of(NAME);
    let body = chat(&[TOKEN], &[]);
    let code = |authorization: &str, content_type: &str| {
        let headers = [("authorization", authorization), ("content-type", content_type)];
        caller.post(SEND, &headers, body.clone()).1["code"].clone()
    };
    assert_eq!(code(KEY, FORM), 0);
    for wrong in ["", "key=", "key=other", "Key=3kq9v7bTq0m1uY2w5x8z0A==", "key= 3kq9v7bTq0m1uY2w5x8z0A==", "Bearer x"]
    {
        assert_eq!(code(wrong, FORM), 21301, "{wrong}");
    }
    assert_eq!(code(KEY, "application/json"), 10007);
    assert_eq!(caller.call("GET", SEND, &[("authorization", KEY)], "").1["code"], 10021);
    assert_eq!(caller.post("/v1/message/regid", &[("authorization", KEY)], "").0, 404);
    caller.control.remove_credential(NAME, APP);
    assert_eq!(code(KEY, FORM), 21301);
}

#[test]
fn the_older_interface_takes_one_package_name() {
    let caller = Caller::of(NAME);
    let mut known = account::known();
    known.package_names.push("com.example.lite".to_owned());
    caller.control.add_credential(NewCredential::new(NAME, serde_json::to_value(known).unwrap())).unwrap();
    let headers = [("authorization", KEY), ("content-type", FORM)];
    let both = [("restricted_package_name", "com.example.im,com.example.lite")];
    for (path, changes, code) in
        [(SEND, &both[..], 0), ("/v2/message/regid", &[], 0), ("/v2/message/regid", &both, 10017)]
    {
        assert_eq!(caller.post(path, &headers, chat(&[TOKEN], changes)).1["code"], code, "{path}");
    }
}

#[test]
fn the_same_notify_id_replaces_and_without_one_there_is_one_notification() {
    let caller = Caller::of(NAME);
    for id in ["7", "8", "7", "", ""] {
        assert_eq!(send(&caller, &chat(&[TOKEN], &[("notify_id", id)])).1["code"], 0);
    }
    let phone = caller.control.device(NAME, TOKEN);
    assert_eq!(phone.shade.iter().map(|shown| shown.alerts).collect::<Vec<_>>(), [1, 2, 2]);
}

#[test]
fn every_scripted_fault_is_answered_as_xiaomi_would() {
    let caller = Caller::of(NAME);
    let body = chat(&[TOKEN], &[]);
    for (rule, code) in [
        (scripts::send_failed(), 20301),
        (scripts::too_fast(), 200_002),
        (scripts::quota_used_up(), 200_001),
        (scripts::secret_changed(), 21302),
        (scripts::coded("65042"), 65042),
        (scripts::coded("-1"), -1),
        (scripts::coded("0"), 0),
        (scripts::unreadable_success(), 0),
    ] {
        caller.control.add_faults([rule]).unwrap();
        let (status, answer) = send(&caller, &body);
        assert_eq!((status, &answer["code"]), (200, &json!(code)));
    }
    assert_eq!(caller.control.counts().of(NAME).delivered, 0);
    caller.control.add_faults([scripts::coded_for(TOKEN, "10029")]).unwrap();
    assert_eq!(send(&caller, &chat(&[&device_token()], &[])).1["code"], 0);
    assert_eq!(send(&caller, &chat(&[&device_token(), TOKEN], &[])).1["code"], 10029);
}

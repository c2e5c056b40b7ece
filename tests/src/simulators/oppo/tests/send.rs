use serde_json::{Value, json};

use super::super::{NAME, device_token, is_well_formed, scripts};
use super::{AUTH, TOKEN, caller_with_token, change, chat, grant, send, send_all};
use crate::simulators::engine::{Device, Filter};
use crate::simulators::oppo::account::APP;

#[test]
fn a_chat_message_is_accepted_and_shown() {
    let (caller, access) = caller_with_token();
    let (status, answer) = send(&caller, &access, &chat(TOKEN));
    assert_eq!((status, &answer["code"]), (200, &json!(0)));
    assert!(answer["data"]["messageId"].as_str().unwrap().starts_with("30012345-1-1-"));
    let shown = caller.control.device(NAME, TOKEN).shade.remove(0).delivery.notice;
    assert_eq!((shown.title.as_deref(), shown.body.as_deref()), (Some("张三"), Some("晚上一起吃饭吗")));
    assert_eq!((shown.category.as_deref(), &shown.detail["channel_id"]), (Some("IM"), &json!("im_chat")));
    assert_eq!(
        (json!(shown.message_id), shown.data),
        (answer["data"]["messageId"].clone(), json!({"conv": "c_1", "msg": "m_9"}))
    );
}

#[test]
fn a_token_that_is_no_good_is_told_alone_and_in_a_batch() {
    let (caller, access) = caller_with_token();
    let [dead, foreign, own, unsubscribed] = [(); 4].map(|()| device_token());
    caller
        .control
        .add_devices([
            Device::unregistered(NAME, &dead),
            Device::live(NAME, &foreign).owned_by("999"),
            Device::live(NAME, &own).owned_by(APP),
        ])
        .unwrap();
    caller.control.add_faults([scripts::unsubscribed(&unsubscribed)]).unwrap();
    let cases = [(&dead[..], 10_000), (&foreign, 10_000), (&own, 0), ("phone", 10_000), (&unsubscribed, 10_001)];
    for (token, code) in cases {
        assert_eq!(send(&caller, &access, &chat(token)).1["code"], code, "{token}");
    }
    caller.control.reset(&[crate::simulators::Part::Shades]);
    let messages: Value = cases.iter().map(|(token, _)| chat(token)).collect();
    let (_, answer) = send_all(&caller, &access, &messages);
    assert_eq!(answer["code"], 0);
    for ((token, code), element) in cases.iter().zip(answer["data"].as_array().unwrap()) {
        assert_eq!(element["registrationId"], *token);
        assert_eq!(element.get("errorCode").and_then(Value::as_i64).unwrap_or(0), *code, "{element}");
    }
    assert_eq!(caller.control.deliveries(&Filter::default()).len(), 1);
    assert_eq!(caller.last_refusal(), None);
}

#[test]
fn an_id_that_is_not_verified_is_taken_and_goes_nowhere() {
    let (caller, access) = caller_with_token();
    caller.control.add_devices([Device::unregistered(NAME, TOKEN)]).unwrap();
    let mut message = chat(TOKEN);
    message["verify_registration_id"] = json!(false);
    assert_eq!(send(&caller, &access, &message).1["code"], 0);
    assert!(caller.control.deliveries(&Filter::default()).is_empty());
}

#[test]
fn a_message_goes_to_a_phone_once() {
    let (caller, access) = caller_with_token();
    let code = || send(&caller, &access, &chat(TOKEN)).1["code"].clone();
    assert_eq!([code(), code()], [0, 32]);
    change(&caller, |known| known.repeats_are_silent = true);
    assert_eq!(code(), 0);
    let mut another = chat(TOKEN);
    another["notification"]["app_message_id"] = json!("m_10");
    assert_eq!(send(&caller, &access, &another).1["code"], 0);
    let phone = caller.control.device(NAME, TOKEN);
    assert_eq!((phone.shade.len(), phone.delivered), (1, 2), "the same notify_id replaces");
    let (_, answer) = send_all(&caller, &access, &json!([chat("phone"), chat("phone")]));
    assert_eq!((&answer["data"][0]["errorCode"], &answer["data"][1]["errorCode"]), (&json!(10_000), &json!(10_004)));
}

#[test]
fn limits_count_tokens_by_the_second_and_public_messages_by_the_day() {
    let (caller, access) = caller_with_token();
    let public = || {
        let mut message = chat(&device_token());
        message["notification"]["category"] = json!("NEWS");
        message
    };
    change(&caller, |known| known.public_per_day = 2);
    let (_, answer) = send_all(&caller, &access, &json!([public(), public(), public()]));
    assert_eq!(answer["data"][2]["errorCode"], 33);
    assert_eq!(send(&caller, &access, &public()).1["code"], 33);
    assert_eq!(send(&caller, &access, &chat(TOKEN)).1["code"], 0, "private messages go on");

    change(&caller, |known| known.users_per_second = 0);
    assert_eq!(send(&caller, &access, &chat(TOKEN)).1["code"], 55);
    change(&caller, |known| (known.users_per_second, known.rate_code) = (0, -2));
    assert_eq!(send(&caller, &access, &chat(TOKEN)).1["code"], -2);
}

#[test]
fn a_malformed_id_can_be_an_invalid_argument_of_the_whole_batch() {
    let (caller, access) = caller_with_token();
    change(&caller, |known| known.shape_is_an_argument = true);
    assert_eq!(send_all(&caller, &access, &json!([chat(TOKEN), chat("phone")])).1["code"], 41);
    assert_eq!(send_all(&caller, &access, &json!([chat(TOKEN)])).1["code"], 0);
}

#[test]
fn a_scripted_code_is_the_answer_to_the_whole_call() {
    let (caller, access) = caller_with_token();
    for code in [11, 55, -2, 33, 67, 19_999] {
        caller.control.add_faults([scripts::coded(code)]).unwrap();
        let (status, answer) = send(&caller, &access, &chat(TOKEN));
        assert_eq!((status, &answer["code"], &answer["data"]), (200, &json!(code), &json!({})));
    }
    caller.control.add_faults([scripts::no_elements(), scripts::secret_changed()]).unwrap();
    assert_eq!(send_all(&caller, &access, &json!([chat(TOKEN)])).1["data"], json!({}));
    assert_eq!(caller.form(AUTH, &grant()).1["code"], 16);
    assert_eq!(caller.control.device(NAME, TOKEN).delivered, 0);
}

#[test]
fn fresh_tokens_look_like_the_vendors() {
    for _ in 0..100 {
        assert!(is_well_formed(&device_token()));
    }
    assert_ne!(device_token(), device_token());
}

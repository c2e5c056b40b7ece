use serde_json::{Value, json};

use super::super::{NAME, device_token, scripts};
use super::{TOKEN, caller, chat, send};
use crate::simulators::engine::{Device, Filter};
use crate::simulators::meizu::account::APP;

#[test]
fn a_chat_notification_is_accepted_and_shown_on_every_phone() {
    let caller = caller();
    let tokens = [device_token(), device_token()];
    let (status, answer) = send(&caller, &[&tokens[0], &tokens[1]], &chat());
    assert_eq!((status, &answer["code"], &answer["value"]), (200, &json!("200"), &json!({})));
    for token in &tokens {
        let shown = &caller.control.device(NAME, token).shade[0].delivery.notice;
        assert_eq!((shown.title.as_deref(), shown.category.as_deref()), (Some("张三"), Some("private")));
        assert_eq!((&json!(shown.message_id), &shown.data["m"]), (&answer["msgId"], &json!("m_9")));
    }
}

#[test]
fn failed_tokens_stand_under_their_codes() {
    let caller = caller();
    let [dead, foreign, own, muted] = [(); 4].map(|()| device_token());
    caller
        .control
        .add_devices([
            Device::unregistered(NAME, &dead),
            Device::live(NAME, &foreign).owned_by("1"),
            Device::live(NAME, &own).owned_by(APP),
        ])
        .unwrap();
    caller.control.add_faults([scripts::muted(&muted)]).unwrap();
    let (status, answer) = send(&caller, &[&own, &dead, TOKEN, "bad", &foreign, &muted], &chat());
    assert_eq!((status, &answer["code"]), (200, &json!("200")));
    assert_eq!(answer["value"], json!({"110002": [dead], "110003": ["bad", foreign], "110010": [muted]}));
    assert_eq!(caller.control.deliveries(&Filter::default()).len(), 2);
    assert_eq!(caller.last_refusal(), None);
}

#[test]
fn more_than_five_in_a_minute_are_folded_whatever_they_replace() {
    let caller = caller();
    for _ in 0..5 {
        assert_eq!(send(&caller, &[TOKEN], &chat()).1["value"], json!({}));
    }
    let other = device_token();
    assert_eq!(send(&caller, &[TOKEN, &other], &chat()).1["value"], json!({"520": [TOKEN]}));
    let phone = caller.control.device(NAME, TOKEN);
    assert_eq!((phone.shade.len(), phone.shade[0].alerts, phone.delivered), (1, 5, 5));
}

#[test]
fn public_messages_are_counted_by_phone_and_day() {
    let caller = caller();
    let mut public = chat();
    public["noticeBarInfo"]["noticeMsgType"] = json!(0);
    public["advanceInfo"]["notifyKey"] = Value::Null;
    let values = [(); 4].map(|()| send(&caller, &[TOKEN], &public).1["value"].clone());
    // If midnight in China passes during the test, the count resets.
    assert_eq!(values, [json!({}), json!({}), json!({}), json!({"110011": [TOKEN]})]);
    assert_eq!(send(&caller, &[TOKEN], &chat()).1["value"], json!({}), "private ones are not counted");
    assert_eq!(caller.control.device(NAME, TOKEN).shade.len(), 4);
}

#[test]
fn a_scripted_code_is_the_answer_to_the_whole_call() {
    let caller = caller();
    for code in ["500", "1003", "110002", "110010", "110019", "999999"] {
        caller.control.add_faults([scripts::coded(code)]).unwrap();
        let (status, answer) = send(&caller, &[TOKEN], &chat());
        assert_eq!((status, &answer["code"], &answer["value"]), (200, &json!(code), &json!("")));
    }
    caller.control.add_faults([scripts::moved("https://b.meizu.com/x"), scripts::turned_round(TOKEN)]).unwrap();
    assert_eq!(send(&caller, &[TOKEN], &chat()).1["redirect"], "https://b.meizu.com/x");
    assert_eq!(send(&caller, &[TOKEN], &chat()).1["value"], json!({TOKEN: "110002"}));
    assert_eq!(caller.control.counts().of(NAME).delivered, 0);
}

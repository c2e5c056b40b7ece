use serde_json::{Value, json};

use super::super::{NAME, device_token, scripts};
use super::{TOKEN, caller_with_token, change, chat, exchange, grant, message, save, send};
use crate::simulators::engine::Device;

#[test]
fn a_chat_notification_is_accepted_and_shown() {
    let (caller, access) = caller_with_token();
    let token = device_token();
    let (status, answer) = send(&caller, &access, &chat(&token));
    assert_eq!((status, &answer["result"], &answer["desc"]), (200, &json!(0), &json!("请求成功")));
    let shown = &caller.control.device(NAME, &token).shade[0].delivery.notice;
    assert_eq!((shown.title.as_deref(), shown.category.as_deref()), (Some("张三"), Some("IM")));
    assert_eq!((&json!(shown.message_id), &shown.data["m"]), (&answer["taskId"], &json!("m_9")));
    assert_eq!(shown.detail["extra"]["callback.id"], "30127");
}

#[test]
fn the_state_of_a_phone_that_is_not_reached_stands_beside_the_code() {
    let (caller, access) = caller_with_token();
    let [dead, foreign, quiet] = [(); 3].map(|()| device_token());
    caller
        .control
        .add_devices([Device::unregistered(NAME, &dead), Device::live(NAME, &foreign).owned_by("1")])
        .unwrap();
    caller.control.add_faults([scripts::invalid_user(&quiet, 3)]).unwrap();
    for (token, status) in [(dead.as_str(), 2), (&foreign, 1), (&quiet, 3), ("strange", 1)] {
        let (http, answer) = send(&caller, &access, &chat(token));
        let user = json!({"status": status, "userid": token});
        assert_eq!((http, &answer["result"], &answer["invalidUser"]), (200, &json!(10302), &user));
        assert_eq!(caller.last_refusal(), None);
    }
    assert_eq!(send(&caller, &access, &chat("12345678901234567890123")).1["result"], 0, "the older form of a token");
}

#[test]
fn test_messages_go_to_test_phones_only() {
    let (caller, access) = caller_with_token();
    let mut body = chat(TOKEN);
    body["pushMode"] = json!(1);
    assert_eq!(send(&caller, &access, &body).1["invalidUser"]["status"], 4);
    change(&caller, |known| known.test_devices = vec![TOKEN.to_owned()]);
    assert_eq!(send(&caller, &access, &body).1["result"], 0);

    change(&caller, |known| known.approved = false);
    assert_eq!(send(&caller, &access, &chat(TOKEN)).1["result"], 10045, "an app in the making sends nothing else");
    assert_eq!(save(&caller, &access, &message()).1["result"], 10045);
}

#[test]
fn the_same_notify_id_replaces() {
    let (caller, access) = caller_with_token();
    for id in [Some(7), Some(7), Some(8), None, None] {
        let mut body = chat(TOKEN);
        match id {
            Some(id) => body["notifyId"] = json!(id),
            None => drop(body.as_object_mut().unwrap().remove("notifyId")),
        }
        assert_eq!(send(&caller, &access, &body).1["result"], 0);
    }
    let shade = caller.control.device(NAME, TOKEN).shade;
    assert_eq!(shade.iter().map(|shown| shown.alerts).collect::<Vec<_>>(), [2, 1, 1, 1]);
}

#[test]
fn a_scripted_code_is_the_answer_to_the_whole_call() {
    let (caller, access) = caller_with_token();
    for code in ["10000", "10040", "10072", "10073", "10104", "10302", "30001"] {
        caller.control.add_faults([scripts::coded_for(TOKEN, code)]).unwrap();
        let (status, answer) = send(&caller, &access, &chat(TOKEN));
        assert_eq!((status, &answer["result"]), (200, &json!(code.parse::<i64>().unwrap())));
    }
    caller.control.add_faults([scripts::server_error(), scripts::too_fast(), scripts::token_expired()]).unwrap();
    let answers = [(); 3].map(|()| send(&caller, &access, &chat(TOKEN)));
    assert_eq!(answers[0], (500, Value::String("Internet server error!".to_owned())));
    assert_eq!((&answers[1].1["result"], &answers[2].1["result"]), (&json!(10072), &json!(10000)));
    caller.control.add_faults([scripts::quota_used_up(), scripts::secret_changed()]).unwrap();
    for _ in 0..3 {
        assert_eq!(send(&caller, &access, &chat(TOKEN)).1["result"], 10073);
    }
    assert_eq!(exchange(&caller, &grant()).1["result"], 10206);
    assert_eq!(exchange(&caller, &grant()).1["result"], 0);
}

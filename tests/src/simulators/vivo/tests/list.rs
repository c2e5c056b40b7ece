use serde_json::{Value, json};

use super::super::{NAME, device_token, scripts};
use super::{TOKEN, call, caller_with_token, message, push, save};
use crate::simulators::engine::{Device, Filter, NewCredential};
use crate::simulators::testing::Caller;
use crate::simulators::vivo::account::{self, APP};

fn saved(caller: &Caller, access: &str) -> Value {
    let (status, answer) = save(caller, access, &message());
    assert_eq!((status, &answer["result"]), (200, &json!(0)), "{answer}");
    assert!(caller.control.deliveries(&Filter::default()).is_empty(), "saving delivers nothing");
    answer["taskId"].clone()
}

#[test]
fn a_saved_message_reaches_every_phone_of_its_lists() {
    let (caller, access) = caller_with_token();
    let task_id = saved(&caller, &access);
    let tokens = [(); 4].map(|()| device_token());
    for pair in tokens.chunks(2) {
        let (status, answer) = push(&caller, &access, &task_id, &[&pair[0], &pair[1]]);
        assert_eq!((status, answer), (200, json!({"result": 0, "desc": "请求成功", "requestId": "r1"})));
    }
    for token in &tokens {
        let shown = &caller.control.device(NAME, token).shade[0].delivery.notice;
        assert_eq!((shown.body.as_deref(), &json!(shown.message_id)), (Some("晚上一起吃饭吗？"), &task_id));
    }
}

#[test]
fn phones_that_are_not_reached_are_named_with_their_state() {
    let (caller, access) = caller_with_token();
    let task_id = saved(&caller, &access);
    let [dead, foreign, quiet] = [(); 3].map(|()| device_token());
    caller
        .control
        .add_devices([Device::unregistered(NAME, &dead), Device::live(NAME, &foreign).owned_by("1")])
        .unwrap();
    caller.control.add_faults([scripts::invalid_user(&quiet, 3)]).unwrap();
    let (_, answer) = push(&caller, &access, &task_id, &[&dead, TOKEN, &foreign, &quiet, "strange"]);
    let user = |token: &str, status: u8| json!({"status": status, "userid": token});
    let users = json!([user(&dead, 2), user(&foreign, 1), user(&quiet, 3), user("strange", 1)]);
    assert_eq!((&answer["result"], &answer["invalidUsers"]), (&json!(0), &users));
    assert_eq!(caller.control.deliveries(&Filter::default()).len(), 1);
    assert_eq!(caller.last_refusal(), None);
}

#[test]
fn a_list_has_2_to_1000_different_phones_and_a_message_of_its_own_app() {
    let (caller, access) = caller_with_token();
    let task_id = saved(&caller, &access);
    let result = |task_id: &Value, tokens: &[&str]| push(&caller, &access, task_id, tokens).1["result"].clone();
    let many: Vec<String> = (0..1001).map(|_| device_token()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(result(&task_id, &many[..1000]), 0);
    assert_eq!(result(&task_id, &many), 10153);
    assert_eq!(result(&task_id, &[TOKEN]), 10153);
    assert_eq!(result(&task_id, &[TOKEN, TOKEN]), 10153);
    assert_eq!(result(&task_id, &[]), 10150);
    assert_eq!(result(&json!(""), &many[..2]), 10151);
    assert_eq!(result(&json!("1"), &many[..2]), 10151);

    let other = json!({"app_id": 7, "app_key": "k", "app_secret": "s"});
    caller.control.add_credential(NewCredential::new(NAME, other)).unwrap();
    let mut known = account::known();
    (known.app_id, known.app_key, known.app_secret) = (7, "k".into(), "s".into());
    let now = crate::simulators::engine::time::now_ms();
    let sign = super::signature(&known, now);
    let grant = json!({"appId": 7, "appKey": "k", "timestamp": now, "sign": sign});
    let foreign = super::exchange(&caller, &grant).1["authToken"].as_str().unwrap().to_owned();
    let body = json!({"appId": 7, "taskId": task_id, "regIds": [many[0], many[1]], "requestId": "r1"});
    assert_eq!(call(&caller, "/message/pushToList", &foreign, &body).1["result"], 10151);

    let mut body = json!({"appId": APP, "taskId": task_id, "regIds": [many[0], many[1]]});
    assert_eq!(call(&caller, "/message/pushToList", &access, &body).1["result"], 10352);
    body["regIds"] = json!("one");
    assert_eq!(call(&caller, "/message/pushToList", &access, &body).0, 400);
}

#[test]
fn a_message_whose_saving_failed_cannot_be_pushed() {
    let (caller, access) = caller_with_token();
    caller.control.add_faults([scripts::coded("10252"), scripts::strange_user(TOKEN)]).unwrap();
    assert_eq!(save(&caller, &access, &message()).1["result"], 10252);
    let task_id = saved(&caller, &access);
    let other = device_token();
    assert_eq!(push(&caller, &access, &task_id, &[TOKEN, &other]).1["invalidUsers"][0]["userid"], "nobody");
    assert!(caller.control.deliveries(&Filter::default()).is_empty());
    caller.control.add_faults([scripts::lost_answer(TOKEN)]).unwrap();
    caller.control.reset(&[crate::simulators::Part::Requests]);
    caller.control.clear_faults(None);
    assert_eq!(push(&caller, &access, &task_id, &[TOKEN, &other]).1["result"], 10151, "forgotten with the requests");
}

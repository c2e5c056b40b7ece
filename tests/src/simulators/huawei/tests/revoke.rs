use serde_json::{Value, json};

use super::super::{NAME, harmony_device_token};
use super::harmony::{chat, claims, header, send, signed};
use crate::simulators::engine::{Device, Endpoint, Fault, FaultRule, Filter};
use crate::simulators::huawei::harmony::account::CLIENT_ID;
use crate::simulators::testing::{Caller, Got};

const SHOWN: i64 = 10086;

fn revoke(caller: &Caller, id: &str, push_type: &str, body: &Value) -> Got {
    let bearer = format!("Bearer {}", signed(&header(), &claims()));
    let headers = [("content-type", "application/json"), ("authorization", bearer.as_str()), ("push-type", push_type)];
    caller.post(&format!("/v1/{id}/messages:revoke"), &headers, body.to_string())
}

fn shown(caller: &Caller, token: &str) -> usize {
    caller.control.device(NAME, token).shade.len()
}

#[test]
fn a_revoked_notification_leaves_the_named_phones_and_no_other() {
    let caller = Caller::of(NAME);
    let tokens = [harmony_device_token(), harmony_device_token()];
    send(&caller, &chat(&[&tokens[0], &tokens[1]]));
    let (_, answer) = revoke(&caller, CLIENT_ID, "0", &json!({"notifyId": SHOWN + 1, "token": [tokens[0]]}));
    assert_eq!((&answer["code"], shown(&caller, &tokens[0])), (&json!("80000000"), 1), "another notification");
    for _ in 0..2 {
        let (status, answer) = revoke(&caller, CLIENT_ID, "0", &json!({"notifyId": SHOWN, "token": [tokens[0]]}));
        assert_eq!((status, &answer["code"]), (200, &json!("80000000")), "a repeat is harmless");
    }
    assert_eq!((shown(&caller, &tokens[0]), shown(&caller, &tokens[1])), (0, 1));
    assert_eq!(caller.control.requests(&Filter::vendor(NAME).at(Endpoint::Revoke)).len(), 3);
}

#[test]
fn what_huawei_would_refuse_is_refused() {
    let token = harmony_device_token();
    let body = || json!({"notifyId": SHOWN, "token": [token]});
    let many: Vec<String> = (0..1001).map(|number| format!("MAMzLg{number:020}")).collect();
    for (id, push_type, body, code) in [
        (CLIENT_ID, "6", body(), "80100003"),
        (CLIENT_ID, "0", json!({"notifyId": SHOWN, "token": [token], "tag": "x"}), "80100003"),
        (CLIENT_ID, "0", json!({"token": [token]}), "80300032"),
        (CLIENT_ID, "0", json!({"notifyId": SHOWN}), "80300032"),
        (CLIENT_ID, "0", json!({"notifyId": SHOWN, "token": []}), "80300010"),
        (CLIENT_ID, "0", json!({"notifyId": SHOWN, "token": many}), "80300010"),
        ("736430079244623456", "0", body(), "80300002"),
    ] {
        let caller = Caller::of(NAME);
        assert_eq!(revoke(&caller, id, push_type, &body).1["code"], code, "{body}");
        assert!(caller.last_refusal().is_some());
    }
}

#[test]
fn tokens_of_others_and_tokens_that_are_gone_are_told_apart() {
    let caller = Caller::of(NAME);
    let (foreign, gone) = (harmony_device_token(), harmony_device_token());
    caller
        .control
        .add_devices([Device::live(NAME, &foreign).owned_by("another"), Device::unregistered(NAME, &gone)])
        .unwrap();
    let of =
        |token: &str| revoke(&caller, CLIENT_ID, "0", &json!({"notifyId": SHOWN, "token": [token]})).1["code"].clone();
    assert_eq!(of(&foreign), "80300028");
    assert_eq!(of(&gone), "80300007");
    caller.control.add_faults([FaultRule::new(NAME, Fault::code("81000001")).at(Endpoint::Revoke)]).unwrap();
    assert_eq!(of(&harmony_device_token()), "81000001");
}

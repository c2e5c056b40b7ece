use serde_json::{Value, json};

use super::super::{NAME, auth::signature};
use super::{TOKEN, call, caller_with_token, change, chat, exchange, grant, send};
use crate::simulators::engine::time;
use crate::simulators::testing::Caller;
use crate::simulators::vivo::account;

#[test]
fn the_signature_is_the_published_one() {
    let app = account::known();
    assert_eq!(signature(&app, 1_767_225_600_000), "5da18ea537204629bdc052ad1e4d0cc2");
}

#[test]
fn every_wrong_field_of_a_token_request_has_its_code() {
    let without = |name: &str| {
        let mut body = grant();
        body.as_object_mut().unwrap().remove(name);
        body
    };
    let with = |name: &str, value: Value| {
        let mut body = grant();
        body[name] = value;
        body
    };
    let minutes_ago = |minutes: u64| {
        let at = time::now_ms() - minutes * 60_000;
        let mut body = with("timestamp", json!(at));
        body["sign"] = json!(signature(&account::known(), at));
        body
    };
    for (body, code) in [
        (minutes_ago(9), 0),
        (without("appId"), 10200),
        (without("appKey"), 10201),
        (without("timestamp"), 10203),
        (without("sign"), 10204),
        (with("appId", json!(1)), 10205),
        (with("appKey", json!("wrong")), 10202),
        (minutes_ago(11), 10207),
        (with("sign", json!("0")), 10206),
    ] {
        let caller = Caller::of(NAME);
        let (status, answer) = exchange(&caller, &body);
        assert_eq!((status, &answer["result"]), (200, &json!(code)), "{body}");
        assert_eq!(caller.last_refusal().is_some(), code != 0);
    }
    for body in [with("appId", json!("105999001")), with("timestamp", json!("1")), with("more", json!(1)), json!([])] {
        assert_eq!(exchange(&Caller::of(NAME), &body).0, 400, "{body}");
    }
    assert_eq!(Caller::of(NAME).form("/message/auth", &grant().to_string()).0, 400);
    assert_eq!(Caller::of(NAME).call("GET", "/message/auth", &[], "").0, 405);
    assert_eq!(Caller::of(NAME).post("/message/all", &[], "{}").0, 404);
}

#[test]
fn tokens_are_given_out_ten_a_second_and_all_of_them_are_good() {
    let caller = Caller::of(NAME);
    change(&caller, |known| known.tokens_per_second = 2);
    let answers = [(); 3].map(|()| exchange(&caller, &grant()).1);
    assert_eq!(answers.each_ref().map(|answer| answer["result"].clone()), [json!(0), json!(0), json!(10093)]);
    for answer in &answers[..2] {
        let access = answer["authToken"].as_str().unwrap();
        assert_eq!(send(&caller, access, &chat(TOKEN)).1["result"], 0);
    }
}

#[test]
fn a_send_needs_a_live_token_of_its_own_app() {
    let (caller, access) = caller_with_token();
    let result = |access: &str, body: &Value| send(&caller, access, body).1["result"].clone();
    let own = chat(TOKEN);
    assert_eq!(result(&access, &own), 0);
    assert_eq!(result("unknown", &own), 10000);
    let mut other = own.clone();
    other["appId"] = json!(1);
    assert_eq!(result(&access, &other), 10094);
    other.as_object_mut().unwrap().remove("appId");
    assert_eq!(result(&access, &other), 10200);
    let bearer = format!("Bearer {access}");
    let as_bearer = [("content-type", "application/json"), ("authorization", bearer.as_str())];
    assert_eq!(caller.post("/message/send", &as_bearer, own.to_string()).1["result"], 10000);
    caller.control.expire_tokens(None);
    assert_eq!(result(&access, &own), 10000);
}

#[test]
fn an_access_token_is_not_recorded() {
    let (caller, access) = caller_with_token();
    call(&caller, "/message/send", &access, &chat(TOKEN));
    let recorded = caller.control.requests(&crate::simulators::Filter::default()).pop().unwrap();
    assert!(recorded.header("authtoken").unwrap().starts_with('#'));
    assert!(!serde_json::to_string(&recorded).unwrap().contains(&access));
}

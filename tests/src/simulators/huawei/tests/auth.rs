use serde_json::{Value, json};

use super::super::NAME;
use super::{GRANT, TOKEN, caller_with_token, chat, send, send_v1};
use crate::simulators::engine::NewCredential;
use crate::simulators::huawei::account::{self, APP, PROJECT};
use crate::simulators::testing::Caller;

#[test]
fn the_token_endpoint_answers_with_numbers_for_every_wrong_field() {
    let cases = [
        ("client_id=101234567&client_secret=a", (1102, 20181)),
        ("grant_type=password&client_id=101234567&client_secret=a", (1101, 20182)),
        ("grant_type=client_credentials&client_secret=a", (1102, 20001)),
        ("grant_type=client_credentials&client_id=abc&client_secret=a", (1101, 20002)),
        ("grant_type=client_credentials&client_id=101234567", (1101, 20171)),
        ("grant_type=client_credentials&client_id=101234567&client_secret=a%20b", (1101, 20172)),
        ("grant_type=client_credentials&client_id=101234567&client_secret=a+b/c=0123456789abcdef", (1101, 20172)),
        ("grant_type=client_credentials&client_id=101234567&client_secret=wrong", (1101, 12304)),
        ("grant_type=client_credentials&client_id=999&client_secret=a", (1203, 12303)),
    ];
    for (body, (error, sub_error)) in cases {
        let caller = Caller::of(NAME);
        let (status, answer) = caller.form("/oauth2/v3/token", body);
        assert_eq!((status, &answer["error"], &answer["sub_error"]), (400, &json!(error), &json!(sub_error)), "{body}");
        assert!(caller.last_refusal().is_some());
    }
    let (_, as_json) = Caller::of(NAME).post("/oauth2/v3/token", &[("content-type", "application/json")], GRANT);
    assert_eq!(as_json["sub_error"], 20181);
    assert_eq!(Caller::of(NAME).call("GET", "/oauth2/v3/token", &[], "").0, 405);
    assert_eq!(Caller::of(NAME).form("/oauth2/v2/token", GRANT).0, 404);
}

#[test]
fn slashes_of_an_access_token_are_escaped() {
    let caller = Caller::of(NAME);
    caller.form("/oauth2/v3/token", GRANT);
    let recorded = caller.control.requests(&crate::simulators::Filter::default()).pop().unwrap();
    let crate::simulators::Answered::Http { body, .. } = recorded.answered else { panic!("no answer") };
    assert!(body.contains("\\/"));
    let (read, token) = (serde_json::from_str::<Value>(&body).unwrap(), "access_token");
    assert!(read[token].as_str().unwrap().contains('/') && !read[token].as_str().unwrap().contains('\\'));
}

#[test]
fn tokens_are_given_out_up_to_a_limit_in_five_minutes() {
    let caller = Caller::of(NAME);
    let mut known = account::known();
    known.tokens_per_five_minutes = 2;
    caller.control.add_credential(NewCredential::new(NAME, serde_json::to_value(known).unwrap())).unwrap();
    let statuses = [(); 3].map(|()| caller.form("/oauth2/v3/token", GRANT).0);
    assert_eq!(statuses, [200, 200, 503]);
}

#[test]
fn a_send_needs_a_live_token_of_its_own_app_and_interface() {
    let (caller, access) = caller_with_token();
    let body = chat(&[TOKEN]);
    let code = |path: &str, token: &str| {
        let (status, answer) = caller.json(path, token, body.to_string());
        (status, answer["code"].as_str().unwrap_or_default().to_owned())
    };
    let (v1, v2) = (format!("/v1/{APP}/messages:send"), format!("/v2/{PROJECT}/messages:send"));
    assert_eq!(code(&v1, &access), (200, "80000000".to_owned()));
    assert_eq!(code(&v2, &access), (200, "80000000".to_owned()));
    for (path, token) in [
        (v1.as_str(), "unknown"),
        (&v1, ""),
        ("/v1/999/messages:send", &access),
        ("/v2/101234567/messages:send", &access),
        ("/v3/736430079244623456/messages:send", &access),
    ] {
        assert_eq!(code(path, token), (401, "80200001".to_owned()), "{path}");
    }
    assert_eq!(caller.json("/v1/messages:send", &access, body.to_string()).0, 404);
    caller.control.expire_tokens(None);
    assert_eq!(code(&v1, &access), (401, "80200003".to_owned()));
}

#[test]
fn an_app_without_push_is_told_so() {
    let (caller, access) = caller_with_token();
    let mut known = account::known();
    known.may_send = false;
    caller.control.add_credential(NewCredential::new(NAME, serde_json::to_value(known).unwrap())).unwrap();
    let (status, answer) = send(&caller, &access, &chat(&[TOKEN]));
    assert_eq!((status, &answer["code"]), (200, &json!("80300002")));
    caller.control.remove_credential(NAME, APP);
    assert_eq!(send_v1(&caller, &access, &chat(&[TOKEN])).1["code"], "80200001");
}

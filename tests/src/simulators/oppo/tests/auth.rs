use serde_json::json;

use super::super::{NAME, auth::signature};
use super::{AUTH, TOKEN, UNICAST, caller_with_token, change, chat, grant, now_ms, send};
use crate::simulators::oppo::account::{KEY, SECRET};
use crate::simulators::testing::Caller;

#[test]
fn a_signature_is_the_documented_one() {
    let vector = "ae2152629a2a84c453d87dd18ae8c7e0f64d910dae16e86ba6ea1590a0b5267a";
    assert_eq!(signature("k1a2b3c4d5e6f708", "1700000000000", "m9s8e7c6r5e4t3xx"), vector);
}

#[test]
fn the_token_endpoint_names_every_wrong_field() {
    let now = now_ms();
    let signed = |key: &str, at: u64, secret: &str| {
        format!("app_key={key}&timestamp={at}&sign={}", signature(key, &at.to_string(), secret))
    };
    let cases = [
        (format!("timestamp={now}&sign=x"), 15),
        (signed("nobody", now, SECRET), 14),
        (format!("app_key={KEY}&sign=x"), 18),
        (signed(KEY, now - 601_000, SECRET), 19),
        (signed(KEY, now + 601_000, SECRET), 19),
        (signed(KEY, now / 1000, SECRET), 19),
        (format!("app_key={KEY}&timestamp={now}"), 17),
        (signed(KEY, now, "the app's own secret"), 16),
        (signed(KEY, now, SECRET).replace("sign=", "sign=A"), 16),
    ];
    for (body, code) in cases {
        let caller = Caller::of(NAME);
        let (status, answer) = caller.form(AUTH, &body);
        assert_eq!((status, &answer["code"], &answer["data"]), (200, &json!(code), &json!({})), "{body}");
        assert!(caller.last_refusal().is_some());
    }
    let (_, as_json) = Caller::of(NAME).post(AUTH, &[("content-type", "application/json")], grant());
    assert_eq!(as_json["code"], 15);
    assert_eq!(Caller::of(NAME).call("GET", AUTH, &[], "").1["code"], 12);
    assert_eq!(Caller::of(NAME).form("/server/v2/auth", &grant()).0, 404);
}

#[test]
fn a_send_needs_a_live_access_token_in_its_body() {
    let (caller, access) = caller_with_token();
    let code = |token: &str| send(&caller, token, &chat(TOKEN)).1["code"].as_i64().unwrap();
    assert_eq!([code(&access), code("unknown"), code("")], [0, 11, 29]);

    let form = ("content-type", "application/x-www-form-urlencoded");
    let body = format!("message={}", chat(TOKEN)).replace("m_9", "m_10");
    let in_header = || caller.post(UNICAST, &[form, ("auth_token", &access)], body.clone()).1["code"].clone();
    assert_eq!(in_header(), 29);
    change(&caller, |known| known.token_in_header = true);
    assert_eq!(in_header(), 0);

    caller.control.expire_tokens(None);
    assert_eq!(code(&access), 11);
}

#[test]
fn a_disabled_app_is_told_so() {
    let (caller, access) = caller_with_token();
    change(&caller, |known| known.enabled = false);
    assert_eq!(send(&caller, &access, &chat(TOKEN)).1["code"], 28);
    assert_eq!(caller.form(AUTH, &grant()).1["code"], 28);
    caller.control.remove_credential(NAME, KEY);
    assert_eq!(send(&caller, &access, &chat(TOKEN)).1["code"], 14);
}

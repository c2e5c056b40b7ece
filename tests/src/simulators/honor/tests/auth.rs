use serde_json::json;

use super::super::NAME;
use super::{GRANT, TOKEN, caller_with_token, chat, now_ms, send, send_at};
use crate::simulators::engine::NewCredential;
use crate::simulators::honor::account;
use crate::simulators::testing::Caller;

#[test]
fn the_token_endpoint_refuses_every_wrong_field() {
    let (id, secret) = ("6c5e1d0b7a1f4c0f9d3e2b1a00000001", "Ab%2B9%2FxYz%3D%3D");
    let grant = |id: &str, secret: &str| format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    for (body, refused) in [
        (format!("client_id={id}&client_secret={secret}"), (400, "invalid_request")),
        (format!("{GRANT}&client_id={id}"), (400, "invalid_request")),
        (format!("grant_type=password&client_id={id}&client_secret={secret}"), (400, "unsupported_grant_type")),
        (grant("", secret), (401, "invalid_client")),
        (grant("unknown", secret), (401, "invalid_client")),
        (grant(account::APP, secret), (401, "invalid_client")),
        (grant(id, "wrong"), (401, "invalid_client")),
        // a plus that was not escaped
        (grant(id, "Ab+9%2FxYz%3D%3D"), (401, "invalid_client")),
    ] {
        let caller = Caller::of(NAME);
        let (status, answer) = caller.form("/auth/token", &body);
        assert_eq!((status, &answer["error"]), (refused.0, &json!(refused.1)), "{body}");
        assert!(caller.last_refusal().is_some());
    }
    let (_, as_json) = Caller::of(NAME).post("/auth/token", &[("content-type", "application/json")], GRANT);
    assert_eq!(as_json["error"], "invalid_request");
    assert_eq!(Caller::of(NAME).call("GET", "/auth/token", &[], "").0, 405);
    assert_eq!(Caller::of(NAME).form("/oauth2/v3/token", GRANT).0, 404);
    let older = "/auth/realms/developer/protocol/openid-connect/token";
    assert_eq!(Caller::of(NAME).form(older, GRANT).1["token_type"], "Bearer");
}

#[test]
fn a_send_needs_a_live_token_of_its_own_app() {
    let (caller, access) = caller_with_token();
    let body = chat(&[TOKEN]);
    assert_eq!(send(&caller, &access, &body).1["code"], 200);
    for token in ["unknown", ""] {
        assert_eq!(send(&caller, token, &body).0, 401);
    }
    let bearer = format!("Bearer {access}");
    let headers = [("authorization", bearer.as_str())];
    let (status, answer) = caller.post("/api/v1/999/sendMessage", &headers, body.to_string());
    assert_eq!((status, &answer["code"]), (403, &json!(403)));
    assert_eq!(caller.post("/api/v1/sendMessage", &headers, body.to_string()).0, 404);
    let bare = [("authorization", access.as_str())];
    assert_eq!(caller.post("/api/v1/104400001/sendMessage", &bare, body.to_string()).0, 401, "no Bearer");
    caller.control.expire_tokens(None);
    let (status, answer) = send(&caller, &access, &body);
    assert_eq!((status, &answer["code"]), (401, &json!(401)));
}

#[test]
fn the_time_must_be_there_in_milliseconds_and_about_right() {
    let (caller, access) = caller_with_token();
    let now = now_ms();
    let status = |timestamp: String| send_at(&caller, &access, &chat(&[TOKEN]), &timestamp).0;
    for good in [now, now - 290_000, now + 290_000] {
        assert_eq!(status(good.to_string()), 200);
    }
    for bad in [(now / 1000).to_string(), (now - 310_000).to_string(), (now + 310_000).to_string(), "+1".to_owned()] {
        assert_eq!(status(bad.clone()), 400, "{bad}");
    }
    let missing = caller.json("/api/v1/104400001/sendMessage", &access, chat(&[TOKEN]).to_string());
    assert_eq!(missing.0, 400);
    assert_eq!(caller.last_refusal().unwrap(), "400: parameter error, the header timestamp is missing");
}

#[test]
fn an_app_without_push_is_told_so() {
    let (caller, access) = caller_with_token();
    let mut known = account::known();
    known.may_send = false;
    caller.control.add_credential(NewCredential::new(NAME, serde_json::to_value(&known).unwrap())).unwrap();
    assert_eq!(send(&caller, &access, &chat(&[TOKEN])).0, 403);
    caller.control.remove_credential(NAME, &known.client_id);
    assert_eq!(send(&caller, &access, &chat(&[TOKEN])).0, 401);
}

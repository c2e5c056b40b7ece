use serde_json::{Value, json};
use shared::{
    domain::{outcome::CallError, vendor::Vendor},
    ports::vendor::Revoked,
    testing::sample,
};

use crate::{
    client,
    message::replace_id,
    testing::{Call, Say, Server, deps, object, test_key::pem},
};

const MESSAGE_ID: &str = "01K0000000000000000000000M";

fn harmony() -> Value {
    json!({
        "api": "v3", "project_id": "736430079244623456", "client_id": "111222333", "sub_account": "100000001",
        "key_id": "f0a1b2c3d4e5f60718293a4b5c6d7e8f", "private_key": pem(),
    })
}

fn android() -> Value {
    json!({"app_id": "10086", "client_id": "10010", "client_secret": "s3cret"})
}

async fn revoke(server: &Server, call: &Call) -> Result<Revoked, CallError> {
    client(Vendor::Huawei, &deps(server)).revoking().unwrap().revoke(call.as_call()).await
}

fn answer(code: &str) -> Say {
    Say::json(200, json!({"code": code, "msg": "scripted", "requestId": "r1"}))
}

#[tokio::test]
async fn a_harmony_notification_is_revoked_by_its_number_at_the_clients_address() {
    let server = Server::script([answer("80000000")]);
    assert_eq!(revoke(&server, &Call::new(harmony(), &["t1", "t2"])).await, Ok(Revoked::Taken));
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].method.as_str(), seen[0].path.as_str()), ("POST", "/huawei/v1/111222333/messages:revoke"));
    assert_eq!(seen[0].header("push-type"), Some("0"));
    assert!(seen[0].header("authorization").unwrap().starts_with("Bearer ey"));
    assert_eq!(
        seen[0].text(),
        format!(r#"{{"token":["t1","t2"],"notifyId":{}}}"#, replace_id::number(MESSAGE_ID)),
        "the number of the push"
    );
}

#[tokio::test]
async fn a_conversations_notification_is_revoked_by_the_conversations_number() {
    let server = Server::script([answer("80000000")]);
    let mut call = Call::new(harmony(), &["t1"]);
    call.options = object(json!({"collapse": "conversation"}));
    revoke(&server, &call).await.unwrap();
    assert_eq!(server.seen()[0].json()["notifyId"], replace_id::number("user:alice"));
}

#[tokio::test]
async fn without_a_client_or_with_the_option_off_nothing_is_sent() {
    let server = Server::script([]);
    let mut without = harmony();
    without.as_object_mut().unwrap().remove("client_id");
    let mut off = Call::new(harmony(), &["t1"]);
    off.options = object(json!({"revoke": "off"}));
    for call in [Call::new(without, &["t1"]), off, Call::new(android(), &["t1"])] {
        assert_eq!(revoke(&server, &call).await, Ok(Revoked::NotOffered));
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn an_android_notification_is_revoked_only_where_the_option_is_on() {
    let token = Say::json(200, json!({"access_token": "CgB6e3x9", "expires_in": 3600, "token_type": "Bearer"}));
    let server = Server::script([token, answer("80000000")]);
    let mut call = Call::new(android(), &["t1"]);
    call.options = object(json!({"revoke": "on"}));
    assert_eq!(revoke(&server, &call).await, Ok(Revoked::Taken));
    let seen = server.seen();
    assert_eq!(seen[1].path, "/huawei/v1/10086/messages:revoke");
    assert_eq!(seen[1].header("push-type"), None);
    assert_eq!(seen[1].json(), json!({"token": ["t1"], "notifyId": replace_id::number(MESSAGE_ID)}));
}

#[tokio::test]
async fn tokens_that_failed_are_no_failure_of_the_call() {
    for code in ["80100000", "80300007"] {
        let server = Server::script([answer(code)]);
        assert_eq!(revoke(&server, &Call::new(harmony(), &["t1"])).await, Ok(Revoked::Taken), "{code}");
    }
}

#[tokio::test]
async fn what_huawei_refuses_is_judged_by_the_table() {
    let rejected = |code: &str| CallError::Rejected { code: code.to_owned() };
    for code in ["80100003", "80100020", "80300010", "80300017", "80300028", "80300032", "80399999"] {
        let server = Server::script([answer(code)]);
        assert_eq!(revoke(&server, &Call::new(harmony(), &["t1"])).await, Err(rejected(code)));
    }
    let server = Server::script([answer("81000001"), Say::text(503, "")]);
    let call = Call::new(harmony(), &["t1"]);
    assert!(matches!(revoke(&server, &call).await, Err(CallError::Unavailable { .. })));
    assert!(matches!(revoke(&server, &call).await, Err(CallError::RateLimited { .. })));
}

#[tokio::test]
async fn an_expired_bearer_is_signed_anew_once() {
    let server = Server::script([answer("80200005"), answer("80000000")]);
    assert_eq!(revoke(&server, &Call::new(harmony(), &["t1"])).await, Ok(Revoked::Taken));
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_thousand_tokens_are_one_request() {
    let server = Server::script([answer("80000000")]);
    let mut call = Call::new(harmony(), &[]);
    call.tokens = (0..1000).map(|number| sample::token(&format!("t{number}"))).collect();
    revoke(&server, &call).await.unwrap();
    assert_eq!(server.seen()[0].json()["token"].as_array().unwrap().len(), 1000);
}

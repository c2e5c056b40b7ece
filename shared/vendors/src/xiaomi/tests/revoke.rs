use serde_json::json;
use shared::{
    domain::{outcome::CallError, vendor::Vendor},
    ports::vendor::Revoked,
};

use super::{field, fields, record};
use crate::{
    client,
    message::replace_id,
    testing::{Call, Say, Server, deps, failure, object},
};

const MESSAGE_ID: &str = "01K0000000000000000000000M";

fn call(tokens: &[&str]) -> Call {
    let mut call = Call::new(record(), tokens);
    call.options = object(json!({"revoke": "on"}));
    call
}

async fn revoke(server: &Server, call: &Call) -> Result<Revoked, CallError> {
    client(Vendor::Xiaomi, &deps(server)).revoking().unwrap().revoke(call.as_call()).await
}

fn taken() -> Say {
    Say::json(200, json!({"code": 0, "result": "ok", "description": "ok", "data": {}}))
}

fn error(code: i64) -> Say {
    Say::json(200, json!({"code": code, "result": "error", "reason": "scripted", "description": "scripted"}))
}

#[tokio::test]
async fn a_notification_is_revoked_by_its_number_in_one_form() {
    let server = Server::script([taken()]);
    assert_eq!(revoke(&server, &call(&["t+1", "t2"])).await, Ok(Revoked::Taken));
    let seen = server.seen();
    assert_eq!((seen[0].method.as_str(), seen[0].path.as_str()), ("POST", "/xiaomi/v3/message/regid/revoke"));
    assert_eq!(seen[0].header("authorization"), Some("key=3kq9v7bTq0m1uY2w5x8z0A=="));
    let number = replace_id::number(MESSAGE_ID).to_string();
    let expected =
        [("registration_ids", "t+1,t2"), ("restricted_package_name", "com.example.im"), ("notify_id", &number)];
    assert_eq!(fields(seen[0].text()), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn nothing_is_sent_unless_the_option_is_on_and_the_secret_is_of_one_package() {
    let server = Server::script([]);
    let two = call(&["t1"]).with("package_names", json!(["com.example.im", "com.example.lite"]));
    for call in [Call::new(record(), &["t1"]), two, call(&["a,b"])] {
        assert_eq!(revoke(&server, &call).await, Ok(Revoked::NotOffered));
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_token_cannot_smuggle_in_another() {
    let server = Server::script([taken()]);
    revoke(&server, &call(&["a,b", "t2"])).await.unwrap();
    assert_eq!(field(&server.seen()[0], "registration_ids").unwrap(), "t2");
}

#[tokio::test]
async fn what_xiaomi_answers_is_judged_by_the_table() {
    let of = async |say: Say| revoke(&Server::script([say]), &call(&["t1"])).await.map_err(|error| failure(&error));
    assert_eq!(of(error(20301)).await, Ok(Revoked::Taken), "the token may be gone: nothing is shown there");
    for (say, expected) in [
        (error(10017), "rejected"),
        (error(65028), "rejected"),
        (error(22022), "credential"),
        (error(10001), "unavailable"),
        (error(200_002), "limited 1"),
        (error(99_999), "rejected"),
        (Say::text(500, ""), "unavailable"),
        (Say::Close, "ambiguous"),
    ] {
        assert_eq!(of(say).await, Err(expected.to_owned()));
    }
}

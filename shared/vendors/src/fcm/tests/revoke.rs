use std::collections::BTreeSet;

use serde_json::json;
use shared::{
    domain::{outcome::CallError, vendor::Vendor},
    ports::vendor::Revoked,
};

use super::key_file;
use crate::{
    client,
    testing::{Call, Say, Seen, Server, deps, failure, object},
};

const MESSAGE_ID: &str = "01K0000000000000000000000M";

async fn revoke(server: &Server, call: &Call) -> Result<Revoked, CallError> {
    client(Vendor::Fcm, &deps(server)).revoking().unwrap().revoke(call.as_call()).await
}

/// A server that issues access tokens, and answers messages.
fn server(answer: impl Fn(&Seen) -> Say + Send + Sync + 'static) -> Server {
    Server::start(move |seen| match seen.path.as_str() {
        "/fcm/token" => Say::json(200, json!({"access_token": "ya29.c.token", "expires_in": 3599})),
        _ => answer(seen),
    })
}

fn taken(_: &Seen) -> Say {
    Say::json(200, json!({"name": "projects/im-demo-1234/messages/0:1"}))
}

fn error(status: u16, code: &str) -> Say {
    let detail = json!({"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code});
    Say::json(status, json!({"error": {"code": status, "status": "X", "details": [detail]}}))
}

fn messages(server: &Server) -> Vec<Seen> {
    server.seen().into_iter().filter(|seen| seen.path.ends_with("messages:send")).collect()
}

#[tokio::test]
async fn the_app_gets_the_tag_in_a_data_message_that_shows_nothing() {
    let server = server(taken);
    let call = Call::new(key_file(), &["t1", "t2"]).with("android_package", json!("com.example.im"));
    assert_eq!(revoke(&server, &call).await, Ok(Revoked::Taken));
    let mut tokens = BTreeSet::new();
    for seen in messages(&server) {
        let mut message = seen.json()["message"].clone();
        tokens.insert(message["token"].take().as_str().unwrap().to_owned());
        let android = json!({"priority": "NORMAL", "ttl": "86400s", "restricted_package_name": "com.example.im"});
        let data = json!({"revoke": MESSAGE_ID, "m": MESSAGE_ID});
        assert_eq!(message, json!({"token": null, "data": data, "android": android}));
    }
    assert_eq!(tokens, BTreeSet::from(["t1".to_owned(), "t2".to_owned()]));
}

#[tokio::test]
async fn a_conversations_notification_is_revoked_by_the_conversations_tag() {
    let server = server(taken);
    let mut call = Call::new(key_file(), &["t1"]);
    call.options = object(json!({"collapse": "conversation"}));
    revoke(&server, &call).await.unwrap();
    assert_eq!(messages(&server)[0].json()["message"]["data"], json!({"revoke": "user:alice", "m": MESSAGE_ID}));
}

#[tokio::test]
async fn an_app_that_does_not_know_the_field_is_spared() {
    let server = server(taken);
    let mut call = Call::new(key_file(), &["t1"]);
    call.options = object(json!({"revoke": "off"}));
    assert_eq!(revoke(&server, &call).await, Ok(Revoked::NotOffered));
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn an_unregistered_token_is_no_failure_and_every_other_phone_is_told() {
    let server = server(|seen| match seen.json()["message"]["token"].as_str() {
        Some("gone") => error(404, "UNREGISTERED"),
        _ => taken(seen),
    });
    assert_eq!(revoke(&server, &Call::new(key_file(), &["gone", "t2"])).await, Ok(Revoked::Taken));
    assert_eq!(messages(&server).len(), 2);
}

#[tokio::test]
async fn what_fcm_refuses_is_judged_by_the_table() {
    for (status, code, expected) in [
        (400, "INVALID_ARGUMENT", "rejected"),
        (429, "QUOTA_EXCEEDED", "limited 60"),
        (503, "UNAVAILABLE", "unavailable"),
        (403, "NEW_CODE", "rejected"),
    ] {
        let server = server(move |_| error(status, code));
        let failed = revoke(&server, &Call::new(key_file(), &["t1"])).await.unwrap_err();
        assert_eq!(failure(&failed), expected, "{code}");
    }
}

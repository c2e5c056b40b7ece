//! Access tokens that end, and a vendor in trouble.

use std::time::Duration;

use serde_json::json;
use shared::domain::{
    outcome::{CallError, Outcome},
    vendor::Vendor,
};

use super::{FCM, TOKEN_PATH, accepted, refused, taken, target};
use crate::{
    client,
    testing::{Say, Server, deps},
};

// ----- access tokens -----

#[tokio::test]
async fn an_expired_access_token_is_replaced_once_and_the_push_repeated_once() {
    let server = FCM.server(|seen| match seen.header("authorization") {
        Some("Bearer token-1") => refused(401, "UNAUTHENTICATED", None),
        _ => taken(seen),
    });
    let report = FCM.push(&server, &FCM.call(&["t1", "t2", "t3"])).await;
    assert_eq!(report.outcomes, Ok(vec![accepted("t1"), accepted("t2"), accepted("t3")]));
    assert_eq!(FCM.sends(&server).len(), 6);
    assert_eq!(server.seen().len() - 6, 2, "two access tokens");
}

#[tokio::test]
async fn a_credential_that_is_refused_with_a_new_access_token_is_bad() {
    let refusal = refused(401, "UNAUTHENTICATED", None);
    assert_eq!(FCM.assert_refused_new_access_token_is_bad(2, refusal, "UNAUTHENTICATED").await.len(), 4);
}

#[tokio::test]
async fn an_access_token_serves_later_pushes_of_every_process() {
    FCM.assert_access_token_serves_every_process().await;
}

#[tokio::test]
async fn a_refused_key_is_reported_without_the_key() {
    let server = Server::start(|seen| {
        let description = format!("Invalid JWT Signature: {}", seen.text().split("assertion=").nth(1).unwrap());
        Say::json(400, json!({"error": "invalid_grant", "error_description": description}))
    });
    let report = FCM.push(&server, &FCM.call(&["t1"])).await;
    assert_eq!(report.outcomes, Err(CallError::Credential { code: "access token: invalid_grant".into() }));
    assert_eq!(
        report.answer.shown(),
        json!({"error": "invalid_grant", "error_description": "Invalid JWT Signature: ***"})
    );
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn no_answer_shows_the_access_token() {
    let server = FCM.server(|seen| {
        let echo = seen.header("authorization").unwrap().to_owned();
        Say::json(400, json!({"error": {"status": "INVALID_ARGUMENT", "message": echo}}))
    });
    let report = FCM.push(&server, &FCM.call(&["t1"])).await;
    assert_eq!(report.answer.shown(), json!({"error": {"status": "INVALID_ARGUMENT", "message": "Bearer ***"}}));
}

#[tokio::test]
async fn a_message_id_that_shows_the_access_token_or_the_device_token_is_left_out() {
    let device_token = "fcm-device-token-0123456789";
    let server = Server::start(|seen| {
        if seen.path == TOKEN_PATH {
            return Say::json(200, json!({"access_token": "ya29.a-long-access-token", "expires_in": 3600}));
        }
        let echo = match target(seen) {
            token if token == "t1" => seen.header("authorization").unwrap().to_owned(),
            token => token,
        };
        Say::json(200, json!({"name": format!("projects/im-demo-1234/messages/{echo}")}))
    });
    let report = FCM.push(&server, &FCM.call(&["t1", device_token, "t2"])).await;
    let left_out = || Outcome::Accepted { vendor_message_id: None };
    assert_eq!(report.outcomes, Ok(vec![left_out(), left_out(), accepted("t2")]));
}

#[tokio::test]
async fn a_record_that_is_no_account_is_a_bad_credential() {
    FCM.assert_no_account_is_a_bad_credential([json!({"server_key": "x"})]).await;
}

// ----- a vendor in trouble -----

#[tokio::test]
async fn a_hint_to_wait_is_passed_on_and_a_minute_stands_for_a_missing_one() {
    let limited = || refused(429, "RESOURCE_EXHAUSTED", Some("QUOTA_EXCEEDED"));
    assert_eq!(FCM.trouble(limited()).await, "limited 60");
    assert_eq!(FCM.trouble(limited().with("retry-after", "30")).await, "limited 30");
    // the test's clock shows 2026-01-15 09:00:00
    assert_eq!(FCM.trouble(limited().with("retry-after", "Thu, 15 Jan 2026 09:02:00 GMT")).await, "limited 120");
    assert_eq!(FCM.trouble(limited().with("retry-after", "soon")).await, "limited 60");
}

#[tokio::test]
async fn a_failing_vendor_is_unavailable() {
    FCM.assert_failing_is_unavailable(r#"{"error":{"status":"NOT_FOUND"}}"#).await;
    assert_eq!(FCM.trouble(refused(500, "INTERNAL", Some("INTERNAL"))).await, "unavailable");
    assert_eq!(FCM.trouble(refused(503, "UNAVAILABLE", None).with("retry-after", "5")).await, "unavailable 5");
    assert_eq!(FCM.trouble(Say::text(502, "<html><h1>502</h1></html>")).await, "unavailable");
}

#[tokio::test]
async fn nonsense_is_no_verdict_on_a_token() {
    for status in [200, 404] {
        FCM.assert_nonsense_comes_to(status, |met| ["protocol", "rejected", "credential"].contains(&met)).await;
    }
    let body = br#"{"name":"projects/im-demo-1234/messages/t1"}"#.to_vec();
    assert_eq!(FCM.trouble(Say::Half { status: 200, body }).await, "protocol");
}

#[tokio::test]
async fn a_push_without_an_answer_may_have_arrived() {
    // also on a connection that has served before, here the access token's
    let server = FCM.server(|_| Say::Close);
    let report = FCM.push(&server, &FCM.call(&["t1"])).await;
    assert_eq!(report.outcomes, Err(CallError::Ambiguous { code: "connection lost".into() }));
    assert_eq!(FCM.sends(&server).len(), 1);

    FCM.assert_unanswered_may_have_arrived(Duration::from_secs(10)).await;
}

#[tokio::test]
async fn a_vendor_that_cannot_be_reached_got_nothing() {
    let server = FCM.server(taken);
    let mut deps = deps(&server);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nowhere = format!("http://127.0.0.1:{port}");
    deps.base_url = Some(crate::transport::BaseUrl::parse(&nowhere).unwrap());
    let report = client(Vendor::Fcm, &deps).send(FCM.call(&["t1"]).as_call()).await;
    let code = "access token: connect".to_owned();
    assert_eq!(report.outcomes, Err(CallError::Unavailable { code, after: None }));
}

//! Access tokens that end, and a vendor in trouble.

use std::time::Duration;

use serde_json::json;
use shared::{domain::outcome::CallError, ports::vendor::Credential, testing::chance::FixedClock};

use super::*;
use crate::{
    client,
    testing::{Server, deps, failure, object},
};

// ----- access tokens -----

#[tokio::test]
async fn an_expired_access_token_is_replaced_once_and_the_push_repeated_once() {
    for (http, code) in [(401, 401), (403, 403), (200, 403), (200, 80_200_001), (401, 80_200_003)] {
        HONOR.assert_expired_access_token_is_replaced(refusing(http, code)).await;
    }
}

#[tokio::test]
async fn a_credential_that_is_refused_with_a_new_access_token_is_bad() {
    HONOR.assert_refused_new_access_token_is_bad(501, refusing(401, 401), "401").await;
}

#[tokio::test]
async fn a_refusal_that_may_be_a_tokens_blames_those_that_were_asked_for_alone() {
    let server = HONOR.server(|_| refusing(403, 403));
    let outcomes = HONOR.push(&server, &HONOR.call_of(501)).await.outcomes.unwrap();
    let blamed = Outcome::CredentialOrToken { code: "403".into() };
    let blamed = outcomes.iter().filter(|outcome| **outcome == blamed).count();
    let held = outcomes.iter().filter(|outcome| **outcome == Outcome::Deferred).count();
    assert!(blamed >= 3, "{blamed}");
    assert_eq!(blamed + held, 501);
    assert_eq!(HONOR.token_requests(&server), 2, "one new access token a call");
    assert_eq!(
        HONOR.push(&server, &HONOR.call(&["t1"])).await.outcomes,
        Err(CallError::CredentialOrToken { code: "403".into() })
    );
}

#[tokio::test]
async fn an_access_token_serves_later_pushes_of_every_process() {
    HONOR.assert_access_token_serves_every_process().await;
}

#[tokio::test]
async fn a_refused_secret_is_reported_with_a_hint_and_without_the_secret() {
    let server = Server::start(|_| {
        let description = "Invalid client or Invalid client credentials Ab+9/xYz==";
        Say::json(401, json!({"error": "invalid_client", "error_description": description}))
    });
    let report = HONOR.push(&server, &HONOR.call(&["t1"])).await;
    let code = "access token: invalid_client (wanted are Client ID and Client Secret, not App ID and App Secret)";
    assert_eq!(report.outcomes, Err(CallError::Credential { code: code.into() }));
    let shown =
        json!({"error": "invalid_client", "error_description": "Invalid client or Invalid client credentials ***"});
    assert_eq!(report.answer.shown(), shown);
}

#[tokio::test]
async fn a_token_endpoint_that_failed_is_left_alone_for_a_minute_unless_the_credential_changed() {
    let server = Server::start(|_| Say::text(500, ""));
    let clock = FixedClock::default();
    let deps = crate::Deps { clock: std::sync::Arc::new(clock.clone()), ..deps(&server) };
    let client = client(Vendor::Honor, &deps);
    let mut call = HONOR.call(&["t1"]);
    for _ in 0..3 {
        let outcomes = client.send(call.as_call()).await.outcomes;
        assert_eq!(outcomes.map_err(|error| failure(&error)), Err("unavailable 60".into()));
    }
    assert_eq!(server.seen().len(), 1);
    call.credential = Credential::new(record(), "another".into());
    client.send(call.as_call()).await.outcomes.unwrap_err();
    assert_eq!(server.seen().len(), 2);
    clock.advance(Duration::from_secs(60));
    client.send(call.as_call()).await.outcomes.unwrap_err();
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn no_answer_shows_the_access_token() {
    let server = HONOR.server(|seen| {
        let message = seen.header("authorization").unwrap();
        Say::json(400, json!({"code": 400, "message": message}))
    });
    let report = HONOR.push(&server, &HONOR.call(&["t1"])).await;
    assert_eq!(report.answer.shown()["message"], "Bearer ***");
}

// ----- a vendor in trouble -----

#[tokio::test]
async fn flow_control_waits_as_long_as_it_says_or_a_second() {
    assert_eq!(HONOR.trouble(Say::text(503, "<html>")).await, "limited 1");
    assert_eq!(HONOR.trouble(refusing(429, 429).with("retry-after", "30")).await, "limited 30");
    assert_eq!(HONOR.trouble(refusing(200, "429")).await, "limited 1");
}

#[tokio::test]
async fn a_failing_vendor_is_unavailable() {
    HONOR.assert_failing_is_unavailable(r#"{"code":80300007,"message":"no"}"#).await;
    assert_eq!(HONOR.trouble(refusing(200, 81_000_001)).await, "unavailable");
}

#[tokio::test]
async fn what_an_operator_says_of_a_code_beats_the_table() {
    let server = HONOR.server(|_| refusing(404, 404));
    let mut call = HONOR.call(&["t1", "t2"]);
    assert_eq!(HONOR.push(&server, &call).await.outcomes, Err(CallError::Rejected { code: "404".into() }));
    call.options = object(json!({"result_codes": {"404": "invalid_token"}}));
    let suspect = Outcome::Unregistered { code: "404".into(), certain: false };
    assert_eq!(HONOR.push(&server, &call).await.outcomes, Ok(vec![suspect.clone(), suspect]));
    call.options = object(json!({"result_codes": {"404": "unavailable"}}));
    let outcomes = HONOR.push(&server, &call).await.outcomes;
    assert_eq!(outcomes, Err(CallError::Unavailable { code: "404".into(), after: None }));
}

#[tokio::test]
async fn nonsense_is_no_verdict_on_a_token() {
    let allowed = |met: &str| met == "protocol" || met == "rejected" || met.starts_with("[Refused");
    HONOR.assert_nonsense_comes_to(200, allowed).await;
}

#[tokio::test]
async fn a_push_without_an_answer_may_have_arrived() {
    HONOR.assert_unanswered_may_have_arrived(Duration::from_secs(10)).await;
}

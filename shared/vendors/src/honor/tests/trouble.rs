//! Access tokens that end, and a vendor in trouble.

use std::time::Duration;

use serde_json::{Value, json};
use shared::{domain::outcome::CallError, ports::vendor::Credential, testing::chance::FixedClock};

use super::*;
use crate::testing::{failure, nonsense, object};

// ----- access tokens -----

#[tokio::test]
async fn an_expired_access_token_is_replaced_once_and_the_push_repeated_once() {
    for (http, code) in [(401, 401), (403, 403), (200, 403), (200, 80_200_001), (401, 80_200_003)] {
        let server = honor(move |seen| match seen.header("authorization") {
            Some("Bearer token-1") => refusing(http, code),
            _ => taken(),
        });
        assert_eq!(push(&server, &call(&["t1"])).await.outcomes, Ok(vec![accepted()]), "{http} {code}");
        assert_eq!((sends(&server).len(), server.seen().len()), (2, 4));
    }
}

#[tokio::test]
async fn a_credential_that_is_refused_with_a_new_access_token_is_bad() {
    let server = honor(|_| refusing(401, 401));
    let report = push(&server, &call_of(501)).await;
    assert_eq!(report.outcomes, Err(CallError::Credential { code: "401".into() }));
    assert_eq!(server.seen().len() - sends(&server).len(), 2, "one new access token a call");
}

#[tokio::test]
async fn a_refusal_that_may_be_a_tokens_blames_those_that_were_asked_for_alone() {
    let server = honor(|_| refusing(403, 403));
    let outcomes = push(&server, &call_of(501)).await.outcomes.unwrap();
    let blamed = Outcome::CredentialOrToken { code: "403".into() };
    let blamed = outcomes.iter().filter(|outcome| **outcome == blamed).count();
    let held = outcomes.iter().filter(|outcome| **outcome == Outcome::Deferred).count();
    assert!(blamed >= 3, "{blamed}");
    assert_eq!(blamed + held, 501);
    assert_eq!(server.seen().len() - sends(&server).len(), 2, "one new access token a call");
    assert_eq!(push(&server, &call(&["t1"])).await.outcomes, Err(CallError::CredentialOrToken { code: "403".into() }));
}

#[tokio::test]
async fn an_access_token_serves_later_pushes_of_every_process() {
    let server = honor(|_| taken());
    let deps = deps(&server);
    for _ in 0..2 {
        let client = client(Vendor::Honor, &deps);
        for _ in 0..2 {
            client.send(call(&["t1"]).as_call()).await.outcomes.unwrap();
        }
    }
    assert_eq!((sends(&server).len(), server.seen().len()), (4, 5));
}

#[tokio::test]
async fn a_refused_secret_is_reported_with_a_hint_and_without_the_secret() {
    let server = Server::start(|_| {
        let description = "Invalid client or Invalid client credentials Ab+9/xYz==";
        Say::json(401, json!({"error": "invalid_client", "error_description": description}))
    });
    let report = push(&server, &call(&["t1"])).await;
    let code = "access token: invalid_client (wanted are Client ID and Client Secret, not App ID and App Secret)";
    assert_eq!(report.outcomes, Err(CallError::Credential { code: code.into() }));
    let shown =
        json!({"error": "invalid_client", "error_description": "Invalid client or Invalid client credentials ***"});
    assert_eq!(report.answer, shown);
}

#[tokio::test]
async fn a_token_endpoint_that_failed_is_left_alone_for_a_minute_unless_the_credential_changed() {
    let server = Server::start(|_| Say::text(500, ""));
    let clock = FixedClock::default();
    let deps = crate::Deps { clock: std::sync::Arc::new(clock.clone()), ..deps(&server) };
    let client = client(Vendor::Honor, &deps);
    let mut call = call(&["t1"]);
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
    let server = honor(|seen| {
        let message = seen.header("authorization").unwrap();
        Say::json(400, json!({"code": 400, "message": message}))
    });
    let report = push(&server, &call(&["t1"])).await;
    assert_eq!(report.answer["message"], "Bearer ***");
}

// ----- a vendor in trouble -----

async fn trouble(say: Say) -> String {
    let server = honor(move |_| say.clone());
    let report = push(&server, &call(&["t1"])).await;
    assert_eq!(sends(&server).len(), 1, "no repeat in process");
    report.outcomes.map_or_else(|error| failure(&error), |outcomes| format!("{outcomes:?}"))
}

#[tokio::test]
async fn flow_control_waits_as_long_as_it_says_or_a_second() {
    assert_eq!(trouble(Say::text(503, "<html>")).await, "limited 1");
    assert_eq!(trouble(refusing(429, 429).with("retry-after", "30")).await, "limited 30");
    assert_eq!(trouble(refusing(200, "429")).await, "limited 1");
}

#[tokio::test]
async fn a_failing_vendor_is_unavailable() {
    assert_eq!(trouble(refusing(200, 81_000_001)).await, "unavailable");
    assert_eq!(trouble(Say::text(500, "")).await, "unavailable");
    assert_eq!(trouble(Say::text(502, "<html>")).await, "unavailable");
    let half = Say::Half { status: 500, body: br#"{"code":80300007,"message":"no"}"#.to_vec() };
    assert_eq!(trouble(half).await, "unavailable");
}

#[tokio::test]
async fn what_an_operator_says_of_a_code_beats_the_table() {
    let server = honor(|_| refusing(404, 404));
    let mut call = call(&["t1", "t2"]);
    assert_eq!(push(&server, &call).await.outcomes, Err(CallError::Rejected { code: "404".into() }));
    call.options = object(json!({"result_codes": {"404": "invalid_token"}}));
    let suspect = Outcome::Unregistered { code: "404".into(), certain: false };
    assert_eq!(push(&server, &call).await.outcomes, Ok(vec![suspect.clone(), suspect]));
    call.options = object(json!({"result_codes": {"404": "unavailable"}}));
    let outcomes = push(&server, &call).await.outcomes;
    assert_eq!(outcomes, Err(CallError::Unavailable { code: "404".into(), after: None }));
}

#[tokio::test]
async fn nonsense_is_no_verdict_on_a_token() {
    for body in nonsense() {
        let met = trouble(Say::Answer { status: 200, headers: Vec::new(), body }).await;
        assert!(met == "protocol" || met == "rejected" || met.starts_with("[Refused"), "{met}");
    }
}

#[tokio::test]
async fn a_push_without_an_answer_may_have_arrived() {
    let server = honor(|_| Say::Hang);
    let time_passes = async {
        server.arrived(2).await;
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(10)).await;
    };
    let call = call(&["t1"]);
    let (report, ()) = tokio::join!(push(&server, &call), time_passes);
    assert_eq!(report.outcomes, Err(CallError::Ambiguous { code: "timeout".into() }));
    assert_eq!(report.answer, Value::Null);
}

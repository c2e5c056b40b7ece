//! Access tokens that end, and a vendor in trouble.

use std::time::Duration;

use serde_json::{Value, json};
use shared::domain::outcome::CallError;

use super::{OPPO, coded, field, messages};
use crate::testing::{Say, Server, failure};

// ----- access tokens -----

#[tokio::test]
async fn an_expired_access_token_is_replaced_once_and_the_push_repeated_once() {
    for code in [11, 29] {
        let sends = OPPO.assert_expired_access_token_is_replaced(coded(code)).await;
        assert_eq!(messages(&sends[0]), messages(&sends[1]));
    }
}

#[tokio::test]
async fn a_credential_that_is_refused_with_a_new_access_token_is_bad() {
    assert_eq!(OPPO.assert_refused_new_access_token_is_bad(1, coded(11), "11").await.len(), 2);
}

#[tokio::test]
async fn an_access_token_serves_later_pushes_of_every_process() {
    OPPO.assert_access_token_serves_every_process().await;
}

#[tokio::test]
async fn a_refused_secret_is_reported_without_the_secret() {
    let server =
        Server::start(|_| Say::json(200, json!({"code": 16, "message": "Invalid Signature m9s8e7c6r5e4t3xx"})));
    let report = OPPO.push(&server, &OPPO.call_of(1)).await;
    assert_eq!(report.outcomes, Err(CallError::Credential { code: "access token: 16".into() }));
    assert_eq!(report.answer.shown(), json!({"code": 16, "message": "Invalid Signature ***"}));
}

#[tokio::test]
async fn an_answer_that_may_hold_a_token_is_not_shown() {
    let server = Server::start(|_| Say::json(200, json!({"code": 0, "data": {"authToken": "hush"}})));
    let report = OPPO.push(&server, &OPPO.call_of(1)).await;
    assert_eq!(failure(&report.outcomes.unwrap_err()), "protocol");
    assert_eq!(report.answer.shown(), Value::Null);
}

#[tokio::test]
async fn no_answer_shows_the_access_token() {
    let server = OPPO.server(|seen| {
        Say::json(200, json!({"code": 41, "message": format!("no {}", field(seen, "auth_token").unwrap())}))
    });
    assert_eq!(OPPO.push(&server, &OPPO.call_of(1)).await.answer.shown()["message"], "no ***");
}

// ----- a vendor in trouble -----

#[tokio::test]
async fn limits_wait_as_long_as_they_last() {
    assert_eq!(OPPO.trouble(coded(55)).await, "limited 1");
    assert_eq!(OPPO.trouble(Say::text(429, "").with("retry-after", "30")).await, "limited 30");
    assert_eq!(OPPO.trouble(coded(33)).await, "quota 25200", "it is five in the afternoon in China");
}

#[tokio::test]
async fn a_failing_vendor_is_unavailable() {
    OPPO.assert_failing_is_unavailable(r#"{"code":10000,"message":"no"}"#).await;
    assert_eq!(OPPO.trouble(coded(-1)).await, "unavailable");
}

#[tokio::test]
async fn nonsense_is_no_verdict_on_a_token() {
    OPPO.assert_nonsense_comes_to(200, |met| met == "protocol" || met == "rejected").await;
}

#[tokio::test]
async fn a_push_without_an_answer_may_have_arrived() {
    OPPO.assert_unanswered_may_have_arrived(Duration::from_secs(10)).await;
}

//! Access tokens that end, and a vendor in trouble.

use std::time::Duration;

use serde_json::json;
use shared::domain::outcome::CallError;

use super::*;
use crate::testing::Server;

// ----- access tokens -----

#[tokio::test]
async fn an_expired_access_token_is_replaced_once_and_the_push_repeated_once() {
    for code in ["80200001", "80200003"] {
        HUAWEI.assert_expired_access_token_is_replaced(answer(code)).await;
    }
}

#[tokio::test]
async fn a_credential_that_is_refused_with_a_new_access_token_is_bad() {
    HUAWEI.assert_refused_new_access_token_is_bad(1001, answer("80200001"), "80200001").await;
}

#[tokio::test]
async fn an_access_token_serves_later_pushes_of_every_process() {
    HUAWEI.assert_access_token_serves_every_process().await;
}

#[tokio::test]
async fn a_refused_secret_is_reported_without_the_secret() {
    let server = Server::start(|_| {
        let description = "invalid client_secret a+b/c=0123456789abcdef";
        Say::json(400, json!({"sub_error": 12304, "error_description": description, "error": 1101}))
    });
    let report = HUAWEI.push(&server, &HUAWEI.call(&["t1"])).await;
    assert_eq!(report.outcomes, Err(CallError::Credential { code: "access token: 1101/12304".into() }));
    let shown = json!({"sub_error": 12304, "error_description": "invalid client_secret ***", "error": 1101});
    assert_eq!(report.answer.shown(), shown);
}

#[tokio::test]
async fn no_answer_shows_the_access_token() {
    let server = HUAWEI.server(|seen| answer_with("80100003", seen.header("authorization").unwrap()));
    let report = HUAWEI.push(&server, &HUAWEI.call(&["t1"])).await;
    assert_eq!(report.answer.shown()["msg"], "Bearer ***");
}

// ----- a vendor in trouble -----

#[tokio::test]
async fn flow_control_waits_as_long_as_it_says_or_a_second() {
    assert_eq!(HUAWEI.trouble(Say::text(503, "<html>")).await, "limited 1");
    assert_eq!(HUAWEI.trouble(Say::text(503, "").with("retry-after", "30")).await, "limited 30");
    assert_eq!(HUAWEI.trouble(Say::text(429, "")).await, "limited 1");
}

#[tokio::test]
async fn a_failing_vendor_is_unavailable() {
    HUAWEI.assert_failing_is_unavailable(r#"{"code":"80300007","msg":"no"}"#).await;
    assert_eq!(HUAWEI.trouble(answer("81000001")).await, "unavailable");
}

#[tokio::test]
async fn nonsense_is_no_verdict_on_a_token() {
    HUAWEI.assert_nonsense_comes_to(200, |met| met == "protocol" || met.starts_with("[Refused")).await;
}

#[tokio::test]
async fn a_push_without_an_answer_may_have_arrived() {
    HUAWEI.assert_unanswered_may_have_arrived(Duration::from_secs(10)).await;
}

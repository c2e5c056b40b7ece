//! A refused credential, and a vendor in trouble.

use std::time::Duration;

use serde_json::json;
use shared::domain::outcome::CallError;

use super::{XIAOMI, error, taken_but};
use crate::testing::{Say, Server};

// ----- the credential -----

#[tokio::test]
async fn a_refused_secret_is_a_bad_credential_and_is_not_shown() {
    for code in [21301, 21302] {
        let server = Server::start(move |seen| {
            let reason = format!("authorization failed for {}", seen.header("authorization").unwrap());
            Say::json(200, json!({"result": "error", "reason": reason, "code": code}))
        });
        let report = XIAOMI.push(&server, &XIAOMI.call(&["t1"])).await;
        assert_eq!(report.outcomes, Err(CallError::Credential { code: code.to_string() }));
        assert_eq!(report.answer.shown()["reason"], "authorization failed for key=***");
        assert_eq!(server.seen().len(), 1, "nothing to renew");
    }
}

#[tokio::test]
async fn a_record_that_is_no_account_is_a_bad_credential() {
    XIAOMI.assert_no_account_is_a_bad_credential([json!({"app_secret": "x"}), json!({"app_secret": "a\nb"})]).await;
}

// ----- a vendor in trouble -----

#[tokio::test]
async fn limits_wait_as_long_as_they_say_or_until_the_quota_begins_anew() {
    assert_eq!(XIAOMI.trouble(error(200_002)).await, "limited 1");
    assert_eq!(XIAOMI.trouble(error(200_002).with("retry-after", "30")).await, "limited 30");
    assert_eq!(XIAOMI.trouble(Say::text(429, "")).await, "limited");
    // the test's clock shows 2026-01-15 09:00:00 UTC, seven hours before midnight in China
    assert_eq!(XIAOMI.trouble(error(200_001)).await, "quota 25200");
}

#[tokio::test]
async fn a_failing_vendor_is_unavailable() {
    XIAOMI.assert_failing_is_unavailable(r#"{"result":"error","code":20301}"#).await;
    assert_eq!(XIAOMI.trouble(error(10001)).await, "unavailable");
    assert_eq!(XIAOMI.trouble(Say::text(503, "<html>").with("retry-after", "5")).await, "unavailable 5");
}

#[tokio::test]
async fn nonsense_is_no_verdict_on_a_token() {
    XIAOMI.assert_nonsense_comes_to(200, |met| met == "protocol" || met == "rejected").await;
    let Say::Answer { body, .. } = taken_but("t1") else { panic!() };
    assert_eq!(XIAOMI.trouble(Say::Half { status: 200, body }).await, "protocol");
}

#[tokio::test]
async fn a_push_without_an_answer_may_have_arrived() {
    let server = Server::start(|_| Say::Close);
    let report = XIAOMI.push(&server, &XIAOMI.call(&["t1"])).await;
    assert_eq!(report.outcomes, Err(CallError::Ambiguous { code: "connection lost".into() }));
    XIAOMI.assert_unanswered_may_have_arrived(Duration::from_secs(10)).await;
}

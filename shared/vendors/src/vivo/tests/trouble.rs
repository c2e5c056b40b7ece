use std::time::Duration;

use serde_json::Value;
use shared::{domain::outcome::CallError, ports::vendor::CallReport};

use super::{LIST, answer, call, push, sends, vivo};
use crate::testing::{Call, Say, Server, failure, nonsense};

async fn trouble(say: Say) -> String {
    let server = vivo(move |_| say.clone());
    let report = push(&server, &call(&["t1"])).await;
    assert_eq!(sends(&server).len(), 1, "no repeat in process");
    report.outcomes.map_or_else(|error| failure(&error), |outcomes| format!("{outcomes:?}"))
}

#[tokio::test]
async fn a_used_up_quota_lasts_until_the_next_day_in_china() {
    // the clock shows nine in the morning, UTC
    assert_eq!(trouble(answer(10073)).await, "quota 25200");
    assert_eq!(trouble(answer(10070)).await, "quota 25200");
    assert_eq!(trouble(answer(10071)).await, "quota 50400");
    assert_eq!(trouble(answer(10072)).await, "limited 1");
    assert_eq!(trouble(Say::text(429, "").with("retry-after", "30")).await, "limited 30");
}

#[tokio::test]
async fn a_failing_vendor_is_unavailable() {
    assert_eq!(trouble(Say::text(500, "Internet server error!")).await, "unavailable");
    assert_eq!(trouble(Say::text(502, "<html>")).await, "unavailable");
    assert_eq!(trouble(answer(10040)).await, "unavailable");
    let half = Say::Half { status: 500, body: br#"{"result":10302,"desc":"no"}"#.to_vec() };
    assert_eq!(trouble(half).await, "unavailable");
}

#[tokio::test]
async fn nonsense_is_no_verdict_on_a_token() {
    for body in nonsense() {
        let met = trouble(Say::Answer { status: 200, headers: Vec::new(), body }).await;
        assert_eq!(met, "protocol");
    }
}

/// Pushes, and lets time pass once vivo has so many requests and keeps silent.
async fn unanswered(server: &Server, call: &Call, requests: usize) -> CallReport {
    let time_passes = async {
        server.arrived(requests).await;
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(5)).await;
    };
    let (report, ()) = tokio::join!(push(server, call), time_passes);
    report
}

#[tokio::test]
async fn a_push_without_an_answer_may_have_arrived() {
    let server = vivo(|_| Say::Hang);
    let report = unanswered(&server, &call(&["t1"]), 2).await;
    assert_eq!(report.outcomes, Err(CallError::Ambiguous { code: "timeout".into() }));
    assert_eq!(report.answer, Value::Null);

    let server = vivo(|seen| if seen.path == LIST { Say::Hang } else { answer(0) });
    tokio::time::resume();
    let report = unanswered(&server, &call(&["t1", "t2"]), 3).await;
    assert_eq!(report.outcomes, Err(CallError::Ambiguous { code: "timeout".into() }));
}

#[tokio::test]
async fn a_message_that_was_perhaps_saved_has_not_arrived() {
    let server = vivo(|_| Say::Hang);
    let report = unanswered(&server, &call(&["t1", "t2"]), 2).await;
    assert_eq!(report.outcomes, Err(CallError::Unavailable { code: "timeout".into(), after: None }));
}

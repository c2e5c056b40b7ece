use std::time::Duration;

use shared::domain::outcome::CallError;

use super::{LIST, VIVO, answer};
use crate::testing::Say;

/// How long a request waits for vivo's answer.
const SILENCE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_used_up_quota_lasts_until_the_next_day_in_china() {
    // the clock shows nine in the morning, UTC
    assert_eq!(VIVO.trouble(answer(10073)).await, "quota 25200");
    assert_eq!(VIVO.trouble(answer(10070)).await, "quota 25200");
    assert_eq!(VIVO.trouble(answer(10071)).await, "quota 50400");
    assert_eq!(VIVO.trouble(answer(10072)).await, "limited 1");
    assert_eq!(VIVO.trouble(Say::text(429, "").with("retry-after", "30")).await, "limited 30");
}

#[tokio::test]
async fn a_failing_vendor_is_unavailable() {
    VIVO.assert_failing_is_unavailable(r#"{"result":10302,"desc":"no"}"#).await;
    assert_eq!(VIVO.trouble(Say::text(500, "Internet server error!")).await, "unavailable");
    assert_eq!(VIVO.trouble(answer(10040)).await, "unavailable");
}

#[tokio::test]
async fn nonsense_is_no_verdict_on_a_token() {
    VIVO.assert_nonsense_comes_to(200, |met| met == "protocol").await;
}

#[tokio::test]
async fn a_push_without_an_answer_may_have_arrived() {
    VIVO.assert_unanswered_may_have_arrived(SILENCE).await;

    let server = VIVO.server(|seen| if seen.path == LIST { Say::Hang } else { answer(0) });
    tokio::time::resume();
    let report = VIVO.push_unanswered(&server, &VIVO.call(&["t1", "t2"]), 3, SILENCE).await;
    assert_eq!(report.outcomes, Err(CallError::Ambiguous { code: "timeout".into() }));
}

#[tokio::test]
async fn a_message_that_was_perhaps_saved_has_not_arrived() {
    let server = VIVO.server(|_| Say::Hang);
    let report = VIVO.push_unanswered(&server, &VIVO.call(&["t1", "t2"]), 2, SILENCE).await;
    assert_eq!(report.outcomes, Err(CallError::Unavailable { code: "timeout".into(), after: None }));
}

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use proptest::prelude::*;
use serde_json::json;
use shared::domain::outcome::Outcome;

use super::{LIST, SAVE, SEND, VIVO, accepted, answer, paths, targets};
use crate::testing::{Say, times};

#[tokio::test]
async fn partial_success_gives_each_token_its_outcome() {
    let users = json!([{"status": 2, "userid": "t2"}, {"status": 4, "userid": "t3"}]);
    let server = VIVO.server(move |seen| match seen.path.as_str() {
        LIST => Say::json(200, json!({"result": 0, "desc": "ok", "requestId": "1", "invalidUsers": users})),
        _ => answer(0),
    });
    let report = VIVO.push(&server, &VIVO.call(&["t1", "t2", "t3"])).await;
    let dead = Outcome::Unregistered { code: "invalid user 2".into(), certain: true };
    let kept = Outcome::Refused { code: "invalid user 4".into() };
    assert_eq!(report.outcomes, Ok(vec![accepted(), dead, kept]));
}

#[tokio::test]
async fn a_token_alone_is_not_a_list() {
    let server = VIVO.server(|_| answer(0));
    assert_eq!(VIVO.push(&server, &VIVO.call_of(1001)).await.outcomes, Ok(vec![accepted(); 1001]));
    let mut paths = paths(&server);
    paths.sort();
    assert_eq!(paths, [LIST, SAVE, SEND]);
}

#[tokio::test]
async fn a_message_with_little_time_left_goes_to_each_phone_by_itself() {
    let server = VIVO.server(|_| answer(0));
    let mut call = VIVO.call_of(40);
    call.ttl = Duration::from_secs(899);
    assert_eq!(VIVO.push(&server, &call).await.outcomes, Ok(vec![accepted(); 40]));
    assert_eq!(paths(&server), vec![SEND; 40]);
}

#[tokio::test]
async fn a_list_that_fails_costs_its_own_tokens_a_delay() {
    VIVO.assert_failed_request_delays_its_own_token(1000, answer(10072), "10072").await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the vendor refuses: each token is pushed to exactly once, or not at all and then it is not accepted.
    #[test]
    fn no_token_is_lost_or_doubled(count in 1usize..2500, short in 0usize..40, fails: [bool; 9]) {
        let asked = AtomicUsize::new(0);
        let server = VIVO.server(move |seen| {
            let number = asked.fetch_add(1, Ordering::SeqCst);
            answer(if seen.path == LIST && fails[number % 9] { 10072 } else { 0 })
        });
        let mut call = VIVO.call_of(if short > 30 { short } else { count });
        if short > 30 {
            call.ttl = Duration::from_secs(100);
        }
        let outcomes = VIVO.push_blocking(&server, &call).outcomes;

        for seen in VIVO.sends(&server) {
            prop_assert!(seen.path != LIST || (2..=1000).contains(&targets(&seen).len()));
        }
        let asked = times(&VIVO.requests(&server));
        prop_assert_eq!(asked.len(), call.tokens.len());
        prop_assert!(asked.values().all(|times| *times == 1));
        if let Ok(outcomes) = outcomes {
            prop_assert_eq!(outcomes.len(), call.tokens.len());
            for outcome in outcomes {
                let throttled = matches!(outcome, Outcome::Transient { .. });
                prop_assert!(throttled || outcome == accepted());
            }
        }
    }
}

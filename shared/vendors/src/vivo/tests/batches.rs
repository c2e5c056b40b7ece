use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use proptest::prelude::*;
use serde_json::json;
use shared::domain::{attempt::RetryReason, outcome::Outcome};

use super::{LIST, SAVE, SEND, accepted, answer, call, call_of, paths, push, sends, vivo};
use crate::testing::{Say, Seen};

fn targets(seen: &Seen) -> Vec<String> {
    match seen.path.as_str() {
        SEND => vec![seen.json()["regId"].as_str().unwrap().to_owned()],
        LIST => serde_json::from_value(seen.json()["regIds"].clone()).unwrap(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn partial_success_gives_each_token_its_outcome() {
    let users = json!([{"status": 2, "userid": "t2"}, {"status": 4, "userid": "t3"}]);
    let server = vivo(move |seen| match seen.path.as_str() {
        LIST => Say::json(200, json!({"result": 0, "desc": "ok", "requestId": "1", "invalidUsers": users})),
        _ => answer(0),
    });
    let report = push(&server, &call(&["t1", "t2", "t3"])).await;
    let dead = Outcome::Unregistered { code: "invalid user 2".into(), certain: true };
    let kept = Outcome::Refused { code: "invalid user 4".into() };
    assert_eq!(report.outcomes, Ok(vec![accepted(), dead, kept]));
}

#[tokio::test]
async fn a_token_alone_is_not_a_list() {
    let server = vivo(|_| answer(0));
    assert_eq!(push(&server, &call_of(1001)).await.outcomes, Ok(vec![accepted(); 1001]));
    let mut paths = paths(&server);
    paths.sort();
    assert_eq!(paths, [LIST, SAVE, SEND]);
}

#[tokio::test]
async fn a_message_with_little_time_left_goes_to_each_phone_by_itself() {
    let server = vivo(|_| answer(0));
    let mut call = call_of(40);
    call.ttl = Duration::from_secs(899);
    assert_eq!(push(&server, &call).await.outcomes, Ok(vec![accepted(); 40]));
    assert_eq!(paths(&server), vec![SEND; 40]);
}

#[tokio::test]
async fn a_list_that_fails_costs_its_own_tokens_a_delay() {
    let server = vivo(|seen| if seen.path == SEND { answer(10072) } else { answer(0) });
    let outcomes = push(&server, &call_of(1001)).await.outcomes.unwrap();
    assert_eq!(outcomes[..1000], vec![accepted(); 1000]);
    let after = Some(Duration::from_secs(1));
    assert_eq!(
        outcomes[1000],
        Outcome::Transient { retry_reason: RetryReason::Throttled, code: "10072".into(), after }
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the vendor refuses: each token is pushed to exactly once, or not at all and then it is not accepted.
    #[test]
    fn no_token_is_lost_or_doubled(count in 1usize..2500, short in 0usize..40, fails: [bool; 9]) {
        let asked = AtomicUsize::new(0);
        let server = vivo(move |seen| {
            let number = asked.fetch_add(1, Ordering::SeqCst);
            answer(if seen.path == LIST && fails[number % 9] { 10072 } else { 0 })
        });
        let mut call = call_of(if short > 30 { short } else { count });
        if short > 30 {
            call.ttl = Duration::from_secs(100);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let outcomes = runtime.block_on(push(&server, &call)).outcomes;

        let mut asked = HashMap::<String, usize>::new();
        for seen in sends(&server) {
            let targets = targets(&seen);
            prop_assert!(seen.path != LIST || (2..=1000).contains(&targets.len()));
            for target in targets {
                *asked.entry(target).or_default() += 1;
            }
        }
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

//! What comes of many tokens at once.

use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use shared::{
    domain::outcome::{CallError, Outcome},
    testing::sample,
};

use super::{XIAOMI, accepted, error, taken, taken_but, targets};
use crate::testing::Server;

fn dead() -> Outcome {
    Outcome::Unregistered { code: "bad_regids".into(), certain: true }
}

fn suspect(code: &str) -> Outcome {
    Outcome::Unregistered { code: code.into(), certain: false }
}

#[tokio::test]
async fn named_tokens_are_unregistered_and_the_others_accepted() {
    let server = Server::start(|_| taken_but("t2"));
    let report = XIAOMI.push(&server, &XIAOMI.call(&["t1", "t2", "t3"])).await;
    assert_eq!(report.outcomes, Ok(vec![accepted(), dead(), accepted()]));
}

#[tokio::test]
async fn a_failed_request_of_a_few_tokens_is_repeated_token_by_token() {
    let server = Server::start(|seen| match targets(seen).len() {
        1 if targets(seen)[0].contains('3') => error(20301),
        1 => taken(),
        _ => error(20301),
    });
    assert_eq!(XIAOMI.push(&server, &XIAOMI.call(&["t3"])).await.outcomes, Ok(vec![suspect("20301")]));
    assert_eq!(server.seen().len(), 1);
    let outcomes = XIAOMI.push(&server, &XIAOMI.call(&["t1", "t2", "t3", "t4"])).await.outcomes;
    assert_eq!(outcomes, Ok(vec![accepted(), accepted(), suspect("20301"), accepted()]));
    assert_eq!(server.seen().len(), 6);
}

#[tokio::test]
async fn a_failed_request_of_many_tokens_is_repeated_in_halves_and_unregisters_nobody() {
    for code in [20301, 10029, 10018] {
        let server = Server::start(move |seen| match targets(seen).len() {
            10 => taken(),
            _ => error(code),
        });
        let outcomes = XIAOMI.push(&server, &XIAOMI.call_of(20)).await.outcomes;
        assert_eq!(outcomes, Ok(vec![accepted(); 20]), "{code}");

        let server = Server::start(move |seen| match targets(seen).len() {
            11 => taken(),
            _ => error(code),
        });
        let outcomes = XIAOMI.push(&server, &XIAOMI.call_of(21)).await.outcomes.unwrap();
        let refused = Outcome::Refused { code: code.to_string() };
        assert_eq!(outcomes, [vec![accepted(); 11], vec![refused; 10]].concat());
        assert_eq!(server.seen().len(), 3, "once, and no further");

        let server = Server::start(move |_| error(code));
        let outcomes = XIAOMI.push(&server, &XIAOMI.call_of(1000)).await.outcomes;
        assert_eq!(outcomes, Err(CallError::Rejected { code: code.to_string() }));
        assert_eq!(server.seen().len(), 3);
    }
}

#[tokio::test]
async fn a_request_that_fails_costs_its_own_tokens_a_delay() {
    XIAOMI.assert_failed_request_delays_its_own_token(1000, error(200_002), "200002").await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the vendor says of whole requests: each token is taken once, or not at all and then it is not accepted.
    #[test]
    fn no_token_is_lost_or_doubled(count in 1usize..2500, failed: [bool; 9], commas in prop::collection::vec(0usize..2500, 0..3)) {
        let asked = AtomicUsize::new(0);
        let server = Server::start(move |seen| {
            let number = asked.fetch_add(1, Ordering::SeqCst);
            if failed[number % 9] || targets(seen).iter().any(|token| token.contains("t+/7=")) { error(20301) } else { taken() }
        });
        let mut call = XIAOMI.call_of(count);
        for at in commas {
            if let Some(token) = call.tokens.get_mut(at) {
                *token = sample::token(&format!("comma,{at}"));
            }
        }
        let outcomes = XIAOMI.push_blocking(&server, &call).outcomes;
        let outcomes = outcomes.unwrap_or_else(|_| vec![Outcome::Refused { code: "20301".into() }; count]);

        let mut asked = XIAOMI.asked(&server, 1..=1000);
        prop_assert_eq!(outcomes.len(), count);
        for (token, outcome) in call.tokens.iter().zip(outcomes) {
            let times = asked.remove(token.expose()).unwrap_or_default();
            let comma = token.expose().contains(',');
            prop_assert!(times <= 2 && (times == 0) == comma);
            let word = match outcome {
                Outcome::Accepted { .. } => "accepted",
                Outcome::Refused { .. } => "refused",
                Outcome::Unregistered { certain: false, .. } => "suspect",
                outcome => panic!("{outcome:?}"),
            };
            let failing = comma || token.expose() == "t+/7==";
            prop_assert!(!failing || word != "accepted");
        }
        prop_assert!(asked.is_empty());
    }
}

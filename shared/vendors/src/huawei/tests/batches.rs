//! What comes of many tokens at once.

use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::testing::times;

#[tokio::test]
async fn partial_success_gives_each_token_its_outcome() {
    let partial = json!({"success": 2, "failure": 1, "illegal_tokens": ["t2"]}).to_string();
    let server = HUAWEI.server(move |_| answer_with("80100000", &partial));
    let report = HUAWEI.push(&server, &HUAWEI.call(&["t1", "t2", "t3"])).await;
    let dead = Outcome::Unregistered { code: "80100000".into(), certain: true };
    assert_eq!(report.outcomes, Ok(vec![accepted(), dead, accepted()]));
}

#[tokio::test]
async fn a_small_call_of_invalid_tokens_makes_them_suspects() {
    for count in [1, 19] {
        let server = HUAWEI.server(|_| answer("80300007"));
        assert_eq!(HUAWEI.push(&server, &HUAWEI.call_of(count)).await.outcomes, Ok(vec![suspect(); count]));
        assert_eq!(HUAWEI.sends(&server).len(), 1);
    }
}

#[tokio::test]
async fn a_large_call_of_invalid_tokens_is_asked_for_again_in_halves() {
    let server = HUAWEI.server(|seen| match targets(seen).len() {
        21 => answer("80300007"),
        10 => answer("80000000"),
        _ => answer("80300007"),
    });
    let outcomes = HUAWEI.push(&server, &HUAWEI.call_of(21)).await.outcomes.unwrap();
    assert_eq!(outcomes, [vec![accepted(); 10], vec![suspect(); 11]].concat());
    assert_eq!(HUAWEI.sends(&server).len(), 3, "once, and no further");
}

#[tokio::test]
async fn a_request_that_fails_costs_its_own_tokens_a_delay() {
    HUAWEI.assert_failed_request_delays_its_own_token(1000, Say::text(503, ""), "HTTP 503").await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the vendor says of whole requests: each token is taken once, or not at all and then it is a suspect.
    #[test]
    fn no_token_is_lost_or_doubled(count in 1usize..2500, invalid: [bool; 9]) {
        let asked = AtomicUsize::new(0);
        let server = HUAWEI.server(move |_| {
            let number = asked.fetch_add(1, Ordering::SeqCst);
            answer(if invalid[number] { "80300007" } else { "80000000" })
        });
        let call = HUAWEI.call_of(count);
        let outcomes = HUAWEI.push_blocking(&server, &call).outcomes.unwrap();

        let asked = HUAWEI.asked(&server, 1..=1000);
        let requests = HUAWEI.requests(&server).into_iter().zip(invalid);
        let granted: Vec<Vec<String>> = requests.filter(|(_, invalid)| !invalid).map(|(targets, _)| targets).collect();
        let taken = times(&granted);
        prop_assert_eq!((asked.len(), outcomes.len()), (count, count));
        prop_assert!(asked.values().all(|times| *times <= 2));
        for (token, outcome) in call.tokens.iter().zip(outcomes) {
            let taken = taken.get(token.expose()).copied().unwrap_or_default();
            let expected = if taken == 1 { accepted() } else { suspect() };
            prop_assert!(taken <= 1 && outcome == expected);
        }
    }
}

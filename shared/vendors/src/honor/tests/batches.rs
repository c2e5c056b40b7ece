//! What comes of many tokens at once.

use std::time::Duration;

use proptest::prelude::*;
use shared::{
    domain::{attempt::RetryReason, outcome::CallError},
    ports::vendor::Credential,
};

use super::*;
use crate::{
    client,
    testing::{deps, times},
};

#[tokio::test]
async fn each_token_has_the_outcome_that_the_answer_gives_it() {
    let server = HONOR.server(|_| taken_but(&[], &["t2"]));
    let report = HONOR.push(&server, &HONOR.call(&["t1", "t2", "t3"])).await;
    assert_eq!(report.outcomes, Ok(vec![accepted(), dead(true), accepted()]));
    assert_eq!(HONOR.sends(&server).len(), 1);
}

#[tokio::test]
async fn tokens_that_failed_without_a_reason_are_asked_for_once_more() {
    let server = HONOR.server(|seen| match targets(seen).len() {
        4 => taken_but(&["t2", "t3", "t4"], &[]),
        _ => taken_but(&["t3"], &["t4"]),
    });
    let report = HONOR.push(&server, &HONOR.call(&["t1", "t2", "t3", "t4"])).await;
    assert_eq!(report.outcomes, Ok(vec![accepted(), accepted(), failed(), dead(true)]));
    let asked: Vec<_> = HONOR.requests(&server);
    assert_eq!(asked, [vec!["t1", "t2", "t3", "t4"], vec!["t2", "t3", "t4"]]);
}

#[tokio::test]
async fn a_second_request_that_fails_costs_its_tokens_a_delay_and_no_more() {
    let server = HONOR.server(|seen| match targets(seen).len() {
        2 => taken_but(&["t2"], &[]),
        _ => Say::text(503, "").with("retry-after", "7"),
    });
    let after = Some(Duration::from_secs(7));
    let waiting = Outcome::Transient { retry_reason: RetryReason::Throttled, code: "HTTP 503".into(), after };
    assert_eq!(HONOR.push(&server, &HONOR.call(&["t1", "t2"])).await.outcomes, Ok(vec![accepted(), waiting]));
}

#[tokio::test]
async fn a_request_carries_as_many_tokens_as_configured() {
    let requests = async |call: &Call| {
        let server = HONOR.server(|_| taken());
        assert_eq!(HONOR.push(&server, call).await.outcomes, Ok(vec![accepted(); 1000]));
        HONOR.sends(&server).iter().map(|seen| targets(seen).len()).collect::<Vec<_>>()
    };
    let mut call = HONOR.call_of(1000);
    assert_eq!(requests(&call).await, [500, 500]);
    let mut record = record();
    record["max_tokens_per_request"] = json!(1000);
    call.credential = Credential::new(record, "fingerprint".into());
    assert_eq!(requests(&call).await, [1000]);
}

#[tokio::test]
async fn when_honor_complains_of_too_many_tokens_requests_are_halved_and_stay_so() {
    let complaint = |http: u16, code: u32, words: &str| Say::json(http, json!({"code": code, "message": words}));
    for say in [complaint(400, 400, "The number of tokens exceeds the limit"), complaint(200, 80_300_010, "no")] {
        let server = HONOR.server(move |seen| if targets(seen).len() > 130 { say.clone() } else { taken() });
        let client = client(Vendor::Honor, &deps(&server));
        let call = HONOR.call_of(500);
        assert_eq!(client.send(call.as_call()).await.outcomes, Ok(vec![accepted(); 500]));
        assert_eq!(client.send(call.as_call()).await.outcomes, Ok(vec![accepted(); 500]));
        let sizes: Vec<usize> = HONOR.sends(&server).iter().map(|seen| targets(seen).len()).collect();
        assert_eq!(sizes, [500, 250, 125, 125, 125, 125, 125, 125, 125, 125]);
    }
}

#[tokio::test]
async fn a_complaint_that_no_halving_helps_against_ends_the_push() {
    let server = HONOR.server(|_| refusing(400, 80_300_010));
    let outcomes = HONOR.push(&server, &HONOR.call_of(500)).await.outcomes;
    assert_eq!(outcomes, Err(CallError::Rejected { code: "80300010".into() }));
    assert!(HONOR.sends(&server).len() <= 10, "{}", HONOR.sends(&server).len());

    let server = HONOR.server(|seen| if targets(seen).len() > 1 { refusing(400, 80_300_010) } else { taken() });
    HONOR.push(&server, &HONOR.call_of(40)).await.outcomes.unwrap_err();
    assert!(HONOR.sends(&server).len() <= 10);
}

#[tokio::test]
async fn a_request_that_fails_costs_its_own_tokens_a_delay() {
    HONOR.assert_failed_request_delays_its_own_token(500, Say::text(429, ""), "HTTP 429").await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the vendor takes, and however many it takes at once: each token is taken once, and its outcome says what
    /// the vendor said of it last.
    #[test]
    fn no_token_is_lost_or_doubled(count in 1usize..1001, most in 3usize..700, result in 1usize..9) {
        let fate_of = move |token: &str| token[1..].parse::<usize>().unwrap() % result;
        let server = HONOR.server(move |seen| {
            let targets = targets(seen);
            if targets.len() > most {
                return refusing(400, 80_300_010);
            }
            let of = |wanted| targets.iter().map(String::as_str).filter(|token| fate_of(token) == wanted).collect::<Vec<_>>();
            taken_but(&of(1), &of(2))
        });
        let call = HONOR.call_of(count);
        let outcomes = HONOR.push_blocking(&server, &call).outcomes.unwrap();

        let mut requests = HONOR.requests(&server);
        requests.retain(|targets| targets.len() <= most);
        prop_assert!(requests.iter().all(|targets| (1..=500).contains(&targets.len())));
        let asked = times(&requests);
        prop_assert_eq!((asked.len(), outcomes.len()), (count, count));
        for (token, outcome) in call.tokens.iter().zip(outcomes) {
            let (times, expected) = match fate_of(token.expose()) {
                1 => (2, outcome == failed()),
                2 => (1, matches!(outcome, Outcome::Unregistered { .. })),
                _ => (1, outcome == accepted()),
            };
            prop_assert!(expected && asked[token.expose()] == times, "{} {:?}", token.expose(), outcome);
        }
    }
}

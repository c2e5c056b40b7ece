use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;
use shared::{
    domain::{
        attempt::RetryReason,
        outcome::{CallError, Outcome},
    },
    testing::sample,
};

use super::{BATCH, OPPO, coded, elements, id, message_id, messages, taken, targets};
use crate::{
    oppo::payload::MAX_BYTES,
    testing::{Call, Say, Seen, object},
};

fn accepted(number: usize) -> Outcome {
    Outcome::Accepted { vendor_message_id: Some(message_id(&id(number))) }
}

fn dead(code: &str) -> Outcome {
    Outcome::Unregistered { code: code.into(), certain: true }
}

fn suspect(code: &str) -> Outcome {
    Outcome::Unregistered { code: code.into(), certain: false }
}

fn refused(code: &str) -> Outcome {
    Outcome::Refused { code: code.into() }
}

/// Three phones, the second with a token that OPPO never gave out.
fn call_with_malformed() -> Call {
    let mut call = OPPO.call_of(3);
    call.tokens[1] = sample::token("phone");
    call
}

#[tokio::test]
async fn several_tokens_are_one_request_with_a_message_each() {
    let server = OPPO.server(taken);
    let report = OPPO.push(&server, &OPPO.call_of(3)).await;
    assert_eq!(report.outcomes, Ok(vec![accepted(0), accepted(1), accepted(2)]));
    let sends = OPPO.sends(&server);
    assert_eq!((sends.len(), sends[0].path.as_str()), (1, BATCH));
    for (number, message) in messages(&sends[0]).iter().enumerate() {
        assert_eq!((&message["target_type"], &message["target_value"]), (&json!(2), &json!(id(number))));
        assert_eq!(message["verify_registration_id"], true);
        assert_eq!(message["notification"]["title"], "Alice");
    }
}

#[tokio::test]
async fn a_token_of_any_characters_arrives_as_it_is() {
    let server = OPPO.server(taken);
    let mut call = OPPO.call_of(3);
    call.tokens[1] = sample::token(r#""of\32&bytes=at,least+and%some/more"#);
    OPPO.push(&server, &call).await.outcomes.unwrap();
    assert_eq!(OPPO.requests(&server), [[id(0), call.tokens[1].expose().to_owned(), id(2)]]);
    call.tokens.drain(..2);
    call.tokens[0] = sample::token(r#"\""#);
    OPPO.push(&server, &call).await.outcomes.unwrap();
    assert_eq!(OPPO.requests(&server)[1], [r#"\""#]);
}

#[tokio::test]
async fn partial_success_gives_each_token_its_outcome() {
    let server = OPPO.server(|seen| {
        elements(seen, |token| match token.chars().last() {
            Some('1') => Some(10_000),
            Some('2') => Some(55),
            Some('3') => Some(67),
            _ => Some(0),
        })
    });
    let limited = Outcome::Transient {
        retry_reason: RetryReason::Throttled,
        code: "55".into(),
        after: Some(Duration::from_secs(1)),
    };
    let outcomes = OPPO.push(&server, &OPPO.call_of(5)).await.outcomes.unwrap();
    assert_eq!(outcomes, [accepted(0), dead("10000"), limited, refused("67"), accepted(4)]);
    assert_eq!(OPPO.sends(&server).len(), 1);
}

#[tokio::test]
async fn tokens_of_whom_an_answer_says_nothing_are_asked_for_once_more() {
    let server = OPPO.server(|seen| match targets(seen).len() {
        3 => elements(seen, |token| (token == id(1)).then_some(10_000)),
        // taken the first time, as it turns out
        _ => elements(seen, |token| (token == id(0)).then_some(32)),
    });
    let outcomes = OPPO.push(&server, &OPPO.call_of(3)).await.outcomes.unwrap();
    let before = Outcome::Accepted { vendor_message_id: None };
    assert_eq!(outcomes, [before, dead("10000"), refused("unanswered")]);
    assert_eq!(OPPO.requests(&server), [vec![id(0), id(1), id(2)], vec![id(0), id(2)]], "once, and no further");
}

#[tokio::test]
async fn a_second_request_that_fails_costs_only_its_own_tokens() {
    let server = OPPO.server(|seen| match targets(seen).len() {
        3 => elements(seen, |token| (token == id(1)).then_some(10_000)),
        _ => Say::text(500, ""),
    });
    let outcomes = OPPO.push(&server, &OPPO.call_of(3)).await.outcomes.unwrap();
    let later = Outcome::Transient { retry_reason: RetryReason::Unavailable, code: "HTTP 500".into(), after: None };
    assert_eq!(outcomes, [later.clone(), dead("10000"), later]);
}

#[tokio::test]
async fn an_answer_that_names_no_token_is_none() {
    let server = OPPO.server(|_| Say::json(200, json!({"code": 0, "message": "success", "data": {}})));
    let report = OPPO.push(&server, &OPPO.call_of(3)).await;
    assert!(matches!(report.outcomes, Err(CallError::Protocol { .. })), "{report:?}");
    assert_eq!(OPPO.sends(&server).len(), 1);
}

#[tokio::test]
async fn a_malformed_token_costs_the_others_nothing() {
    let server = OPPO.server(|seen| if targets(seen).contains(&"phone".to_owned()) { coded(41) } else { taken(seen) });
    let outcomes = OPPO.push(&server, &call_with_malformed()).await.outcomes.unwrap();
    assert_eq!(outcomes, [accepted(0), suspect("41"), accepted(2)]);
    assert_eq!(OPPO.requests(&server)[1], [id(0), id(2)]);
}

#[tokio::test]
async fn an_argument_that_is_invalid_without_the_malformed_token_too_is_another_one() {
    let server = OPPO.server(|_| coded(41));
    let outcomes = OPPO.push(&server, &call_with_malformed()).await.outcomes.unwrap();
    assert_eq!(outcomes, vec![refused("41"); 3]);
    assert_eq!(OPPO.sends(&server).len(), 2);

    let server = OPPO.server(|_| coded(41));
    assert_eq!(OPPO.push(&server, &OPPO.call_of(3)).await.outcomes, Err(CallError::Rejected { code: "41".into() }));
    assert_eq!(OPPO.sends(&server).len(), 1, "nothing to leave out");
}

#[tokio::test]
async fn a_code_for_the_whole_request_is_the_calls() {
    for (code, expected) in [
        (67, CallError::Rejected { code: "67".into() }),
        (10_000, CallError::Rejected { code: "10000".into() }),
        (55, CallError::RateLimited { code: "55".into(), after: Some(Duration::from_secs(1)), asked: false }),
        (28, CallError::Credential { code: "28".into() }),
    ] {
        let server = OPPO.server(move |_| coded(code));
        assert_eq!(OPPO.push(&server, &OPPO.call_of(3)).await.outcomes, Err(expected));
    }
}

#[tokio::test]
async fn an_expired_access_token_costs_a_large_call_one_more_request() {
    let server = OPPO.server(|seen| if seen.text().contains("auth_token=token-1&") { coded(11) } else { taken(seen) });
    let outcomes = OPPO.push(&server, &OPPO.call_of(1500)).await.outcomes.unwrap();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Accepted { .. })));
    let sizes: Vec<usize> = OPPO.requests(&server).iter().map(Vec::len).collect();
    assert_eq!(sizes, [1000, 1000, 500]);
}

/// Custom data of some kilobytes, as a form holds it.
fn long(call: &mut Call, characters: usize) {
    call.notification.custom = object(json!({"m": "m1", "e": "好".repeat(characters)}));
}

#[tokio::test]
async fn long_notifications_go_in_shorter_requests() {
    let server = OPPO.server(taken);
    let mut call = OPPO.call_of(1000);
    long(&mut call, 1000);
    OPPO.push(&server, &call).await.outcomes.unwrap();
    let sends = OPPO.sends(&server);
    assert!(sends.len() > 1 && sends.iter().all(|seen| seen.body.len() <= MAX_BYTES + 64), "{}", sends.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is said of whole requests and of single tokens: each token is taken once, or not at all and known.
    #[test]
    fn no_token_is_lost_or_doubled(count in 2usize..2500, characters in 0usize..300, bad in 2usize..9, silent in 2usize..9) {
        let result = move |token: &str| {
            let number = usize::from_str_radix(token.rsplit('_').next().unwrap(), 16).unwrap();
            if number % bad == 1 { Some(10_000) } else { (number % silent != 1).then_some(0) }
        };
        let server = OPPO.server(move |seen: &Seen| elements(seen, result));
        let mut call = OPPO.call_of(count);
        long(&mut call, characters);
        let outcomes = OPPO.push_blocking(&server, &call).outcomes.unwrap();

        let asked = OPPO.asked(&server, 1..=1000);
        prop_assert!(OPPO.sends(&server).iter().all(|seen| seen.body.len() <= MAX_BYTES + 64));
        prop_assert_eq!((asked.len(), outcomes.len()), (count, count));
        for (number, outcome) in outcomes.into_iter().enumerate() {
            let (expected, times) = match result(&id(number)) {
                Some(0) => (accepted(number), 1),
                Some(_) => (dead("10000"), 1),
                None => (refused("unanswered"), 2),
            };
            prop_assert!(outcome == expected && asked[&id(number)] == times, "{number}: {outcome:?}");
        }
    }
}

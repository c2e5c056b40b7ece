//! What comes of it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use proptest::prelude::*;
use serde_json::json;
use shared::domain::{
    attempt::RetryReason,
    outcome::{CallError, Outcome},
};

use super::{MEIZU, accepted, answer, taken, targets};
use crate::testing::{Say, Seen, Server};

fn dead(code: &str, certain: bool) -> Outcome {
    Outcome::Unregistered { code: code.into(), certain }
}

fn refused(code: &str) -> Outcome {
    Outcome::Refused { code: code.into() }
}

// ----- batches -----

#[tokio::test]
async fn partial_success_gives_each_token_its_outcome() {
    let failed = json!({"110002": ["t2"], "110003": ["t3"], "110010": ["t4"], "520": ["t5"], "519": ["t6"]});
    let server = Server::start(move |_| answer("200", failed.clone()));
    let outcomes = MEIZU.push(&server, &MEIZU.call(&["t1", "t2", "t3", "t4", "t5", "t6"])).await.outcomes.unwrap();
    assert_eq!(
        outcomes,
        [
            accepted(),
            dead("110002", true),
            dead("110003", true),
            refused("110010"),
            refused("520"),
            Outcome::Transient { retry_reason: RetryReason::Unavailable, code: "519".into(), after: None },
        ]
    );
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn the_only_token_of_a_refused_request_is_a_suspect() {
    for code in ["110002", "110003"] {
        let server = Server::start(move |_| answer(code, json!("")));
        assert_eq!(MEIZU.push(&server, &MEIZU.call(&["t1"])).await.outcomes, Ok(vec![dead(code, false)]));
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn several_tokens_of_a_refused_request_are_asked_for_one_by_one() {
    let server = Server::start(|seen| match targets(seen)[..] {
        [ref token] if token == "t2" => answer("110003", json!("")),
        [_] => taken(),
        _ => answer("110003", json!("")),
    });
    let outcomes = MEIZU.push(&server, &MEIZU.call(&["t1", "t2", "t3"])).await.outcomes.unwrap();
    assert_eq!(outcomes, [accepted(), dead("110003", false), accepted()]);
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn a_token_that_would_be_read_as_two_is_refused_alone() {
    let server = Server::start(|_| taken());
    let outcomes = MEIZU.push(&server, &MEIZU.call(&["t1", "t2,t3", "t4"])).await.outcomes.unwrap();
    assert_eq!(outcomes, [accepted(), refused("pushId with a comma"), accepted()]);
    assert_eq!(targets(&server.seen()[0]), ["t1", "t4"]);
    assert_eq!(MEIZU.push(&server, &MEIZU.call(&[","])).await.outcomes, Ok(vec![refused("pushId with a comma")]));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_request_that_fails_costs_its_own_tokens_a_delay() {
    MEIZU.assert_failed_request_delays_its_own_token(100, answer("110010", json!("")), "110010").await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever Meizu says of requests and tokens: each token is taken once, or not at all and then it is a suspect or dead.
    #[test]
    fn no_token_is_lost_or_doubled(count in 1usize..350, unclear: [bool; 4], every in 2usize..9) {
        let asked = Arc::new(AtomicUsize::new(0));
        let bad = move |token: &str| token[1..].parse::<usize>().unwrap() % every == 0;
        let counted = Arc::clone(&asked);
        let server = Server::start(move |seen| {
            let targets = targets(seen);
            if targets.len() == 1 {
                return if bad(&targets[0]) { answer("110002", json!("")) } else { taken() };
            }
            let number = counted.fetch_add(1, Ordering::SeqCst);
            if unclear[number] {
                return answer("110003", json!(null));
            }
            let failed: Vec<&String> = targets.iter().filter(|token| bad(token)).collect();
            answer("200", json!({"110002": failed}))
        });
        let call = MEIZU.call_of(count);
        let outcomes = MEIZU.push_blocking(&server, &call).outcomes.unwrap();

        let asked = MEIZU.asked(&server, 1..=100);
        prop_assert_eq!((asked.len(), outcomes.len()), (count, count));
        prop_assert!(asked.values().all(|times| *times <= 2));
        for (token, outcome) in call.tokens.iter().zip(outcomes) {
            prop_assert_eq!(matches!(outcome, Outcome::Unregistered { .. }), bad(token.expose()));
            prop_assert_eq!(outcome == accepted(), !bad(token.expose()));
        }
    }
}

// ----- another address -----

fn moving(to: &'static str, then: impl Fn(&Seen) -> Say + Send + Sync + 'static) -> Server {
    Server::start(move |seen| match seen.path.as_str() {
        "/meizu/garcia/api/server/push/varnished/pushByPushId" => {
            Say::json(200, json!({"code": "300", "message": "", "value": "", "redirect": to}))
        }
        _ => then(seen),
    })
}

#[tokio::test]
async fn a_request_is_repeated_where_meizu_sends_it() {
    let server = moving("https://push-b.meizu.com/other/pushByPushId", |_| taken());
    assert_eq!(MEIZU.push(&server, &MEIZU.call(&["t1"])).await.outcomes, Ok(vec![accepted()]));
    let seen = server.seen();
    assert_eq!((seen.len(), seen[1].path.as_str()), (2, "/meizu/other/pushByPushId"));
    assert_eq!(seen[0].body, seen[1].body);
}

#[tokio::test]
async fn no_answer_leads_a_request_to_any_other_place_or_in_circles() {
    let unavailable = Err(CallError::Unavailable { code: "300".into(), after: None });
    for address in [
        "",
        "http://push-b.meizu.com/x",
        "https://meizu.com.evil.org/x",
        "https://evilmeizu.com/x",
        "https://.meizu.com/x",
        "https://a@b.meizu.com/x",
        "https://evil.org/.meizu.com/x",
        "https://evil.org#.meizu.com/x",
        "https://evil.org\\.meizu.com/x",
        "https://b.meizu.com:8443/x",
        "https://b.meizu.com/x?y",
        "https://b.meizu.com",
    ] {
        let server = moving(address, |_| taken());
        assert_eq!(MEIZU.push(&server, &MEIZU.call(&["t1"])).await.outcomes, unavailable, "{address}");
        assert_eq!(server.seen().len(), 1);
    }
    let server = moving("https://b.meizu.com/x", |_| {
        Say::json(200, json!({"code": "300", "redirect": "https://b.meizu.com/x"}))
    });
    assert_eq!(MEIZU.push(&server, &MEIZU.call(&["t1"])).await.outcomes, unavailable);
    assert_eq!(server.seen().len(), 2, "once, and no further");
}

// ----- a vendor in trouble -----

#[tokio::test]
async fn a_refused_secret_is_reported_without_the_secret() {
    let server = Server::start(|_| {
        let message = "base is ..0123456789abcdef0123456789abcdef";
        Say::json(200, json!({"code": "1006", "message": message, "value": "", "redirect": ""}))
    });
    let report = MEIZU.push(&server, &MEIZU.call(&["t1"])).await;
    assert_eq!(report.outcomes, Err(CallError::Credential { code: "1006".into() }));
    assert_eq!(report.answer.shown()["message"], "base is ..***");
}

#[tokio::test]
async fn a_limit_is_waited_out_as_long_as_it_says_or_lasts() {
    assert_eq!(MEIZU.trouble(answer("110010", json!(""))).await, "limited 1");
    assert_eq!(MEIZU.trouble(answer("110010", json!("")).with("retry-after", "30")).await, "limited 30");
    assert_eq!(MEIZU.trouble(Say::text(429, "")).await, "limited 1");
    let daily = MEIZU.trouble(answer("110019", json!(""))).await;
    let seconds: u64 = daily.strip_prefix("quota ").unwrap().parse().unwrap();
    assert!((1..=86_400).contains(&seconds), "{daily}");
}

#[tokio::test]
async fn a_failing_vendor_is_unavailable() {
    MEIZU.assert_failing_is_unavailable(r#"{"code":"110002","value":""}"#).await;
    assert_eq!(MEIZU.trouble(answer("1003", json!(""))).await, "unavailable");
}

#[tokio::test]
async fn nonsense_is_no_verdict_on_a_token() {
    MEIZU.assert_nonsense_comes_to(200, |met| met == "protocol" || met == "rejected").await;
}

#[tokio::test]
async fn a_push_without_an_answer_may_have_arrived() {
    MEIZU.assert_unanswered_may_have_arrived(Duration::from_secs(10)).await;
}

use std::{collections::HashMap, time::Duration};

use proptest::prelude::*;
use serde_json::json;
use shared::{
    domain::{
        attempt::RetryReason,
        outcome::{CallError, Outcome},
        vendor::Vendor,
    },
    ports::vendor::VendorCall,
    testing::sample,
};

use super::{BATCH, OPPO, UNICAST, alone, coded, elements, id, message_id, messages, record, taken, targets};
use crate::{
    client,
    oppo::payload::MAX_BYTES,
    testing::{Call, Say, Server, deps, nonsense, object},
};

async fn push(server: &Server, calls: &[Call]) -> Result<Vec<Outcome>, CallError> {
    let calls: Vec<VendorCall<'_>> = calls.iter().map(Call::as_call).collect();
    client(Vendor::Oppo, &deps(server)).merging().unwrap().send_merged(&calls).await
}

/// Calls with a notification of its own for each token.
fn calls(count: usize) -> Vec<Call> {
    let call = |number| {
        let mut call = Call::new(record(), &[]);
        call.tokens = vec![sample::token(&id(number))];
        call.notification.body = format!("text {number}");
        call.notification.custom = object(json!({"m": format!("message-{number}")}));
        call
    };
    (0..count).map(call).collect()
}

fn accepted(number: usize) -> Outcome {
    Outcome::Accepted { vendor_message_id: Some(message_id(&id(number))) }
}

fn dead(code: &str) -> Outcome {
    Outcome::Unregistered { code: code.into(), certain: true }
}

fn refused(code: &str) -> Outcome {
    Outcome::Refused { code: code.into() }
}

#[tokio::test]
async fn different_notifications_are_one_request_with_a_message_each() {
    let server = OPPO.server(taken);
    let mut calls = calls(3);
    calls[1].ttl = Duration::from_secs(7200);
    assert_eq!(push(&server, &calls).await, Ok(vec![accepted(0), accepted(1), accepted(2)]));
    let sends = OPPO.sends(&server);
    assert_eq!((sends.len(), sends[0].path.as_str()), (1, BATCH));
    for (number, message) in messages(&sends[0]).iter().enumerate() {
        let shown = &message["notification"];
        assert_eq!((&message["target_type"], &message["target_value"]), (&json!(2), &json!(id(number))));
        assert_eq!(message["verify_registration_id"], true);
        assert_eq!(
            (&shown["content"], &shown["app_message_id"]),
            (&json!(format!("text {number}")), &json!(format!("message-{number}")))
        );
        assert_eq!(shown["off_line_ttl"], if number == 1 { 7200 } else { 86_400 });
    }
}

#[tokio::test]
async fn each_message_has_the_outcome_of_its_element() {
    for (code, expected) in [
        (10_000, dead("10000")),
        (10_001, dead("10001")),
        (32, Outcome::Accepted { vendor_message_id: None }),
        (67, refused("67")),
        (10_006, refused("10006")),
        (-1, Outcome::Transient { retry_reason: RetryReason::Unavailable, code: "-1".into(), after: None }),
        (
            55,
            Outcome::Transient {
                retry_reason: RetryReason::Throttled,
                code: "55".into(),
                after: Some(Duration::from_secs(1)),
            },
        ),
    ] {
        let server = OPPO.server(move |seen| elements(seen, |token| Some(if token == id(1) { code } else { 0 })));
        assert_eq!(push(&server, &calls(3)).await, Ok(vec![accepted(0), expected, accepted(2)]), "{code}");
        assert_eq!(OPPO.sends(&server).len(), 1);
    }
    let server = OPPO.server(|seen| elements(seen, |token| Some(if token == id(1) { 33 } else { 0 })));
    assert!(matches!(push(&server, &calls(3)).await.unwrap()[1], Outcome::QuotaUsedUp { .. }));
}

#[tokio::test]
async fn a_notification_that_cannot_be_written_costs_the_others_nothing() {
    let server = OPPO.server(taken);
    let mut calls = calls(3);
    calls[1].notification.custom = object(json!({"m": "m1", "e": "x".repeat(5000)}));
    assert_eq!(push(&server, &calls).await, Ok(vec![accepted(0), refused("41"), accepted(2)]));
    assert_eq!(targets(&OPPO.sends(&server)[0]), [id(0), id(2)]);
    calls.iter_mut().for_each(|call| call.notification.title.clear());
    assert_eq!(push(&server, &calls).await, Ok(vec![refused("40"); 3]));
    assert_eq!(OPPO.sends(&server).len(), 1, "nothing was left to send");
}

#[tokio::test]
async fn a_message_id_is_compared_with_the_device_token_of_its_own_message() {
    let server = OPPO.server(|seen| {
        let element = |target: String| match target == id(1) {
            true => json!({"messageId": target, "registrationId": target}),
            false => json!({"messageId": message_id(&target), "registrationId": target}),
        };
        let data: Vec<_> = targets(seen).into_iter().map(element).collect();
        Say::json(200, json!({"code": 0, "message": "success", "data": data}))
    });
    let mut calls = calls(4);
    calls[0].notification.custom = object(json!({"m": "m0", "e": "x".repeat(5000)}));
    let left_out = Outcome::Accepted { vendor_message_id: None };
    assert_eq!(push(&server, &calls).await, Ok(vec![refused("41"), left_out, accepted(2), accepted(3)]));
}

#[tokio::test]
async fn a_message_with_a_wrong_option_costs_the_others_nothing_wherever_it_stands() {
    for at in 0..3 {
        let server = OPPO.server(taken);
        let mut calls = calls(3);
        calls[at].notification.options = object(json!({"oppo_notify_level": "high"}));
        let outcomes = push(&server, &calls).await.unwrap();
        for (place, outcome) in outcomes.iter().enumerate() {
            let expected = match place == at {
                true => refused("em_android_push_ext.oppo_notify_level must be a number from 1 to 16"),
                false => accepted(place),
            };
            assert_eq!(*outcome, expected, "{at} {place}");
        }
    }
}

#[tokio::test]
async fn messages_of_whom_an_answer_says_nothing_go_alone() {
    let server = OPPO.server(|seen| match seen.path.as_str() {
        BATCH => elements(seen, |token| (token != id(1)).then_some(0)),
        _ => taken(seen),
    });
    assert_eq!(push(&server, &calls(3)).await, Ok(vec![accepted(0), alone(), accepted(2)]));
    let sends = OPPO.sends(&server);
    assert_eq!((sends.len(), sends[1].path.as_str(), targets(&sends[1])), (2, UNICAST, vec![id(1)]));
}

#[tokio::test]
async fn what_is_refused_together_goes_alone_and_each_is_told_its_own_code() {
    // 32: one of them was taken before
    for code in [41, 40, 67, 54, 10_000, 32, 10_006] {
        let server = OPPO.server(move |seen| match (seen.path.as_str(), targets(seen)[0].clone()) {
            (BATCH, _) => coded(code),
            (_, token) if token == id(1) => coded(67),
            (_, token) if token == id(2) => coded(32),
            (_, token) if token == id(3) => coded(10_000),
            _ => taken(seen),
        });
        let before = Outcome::Accepted { vendor_message_id: None };
        assert_eq!(push(&server, &calls(4)).await, Ok(vec![alone(), refused("67"), before, dead("10000")]), "{code}");
        assert_eq!(OPPO.sends(&server).iter().map(|seen| targets(seen).len()).collect::<Vec<_>>(), [4, 1, 1, 1, 1]);
    }
}

#[tokio::test]
async fn a_failure_of_the_request_is_one_failure_and_is_not_repeated_here() {
    for (say, expected) in [
        (coded(28), CallError::Credential { code: "28".into() }),
        (coded(55), CallError::RateLimited { code: "55".into(), after: Some(Duration::from_secs(1)), asked: false }),
        (coded(-1), CallError::Unavailable { code: "-1".into(), after: None }),
        (Say::text(413, ""), CallError::Protocol { code: "HTTP 413".into() }),
    ] {
        let server = OPPO.server(move |_| say.clone());
        let mut calls = calls(3);
        calls[1].notification.title.clear();
        assert_eq!(push(&server, &calls).await, Err(expected));
        assert_eq!(OPPO.sends(&server).len(), 1);
    }
    let server = OPPO.server(|_| coded(33));
    assert!(matches!(push(&server, &calls(2)).await, Err(CallError::QuotaUsedUp { .. })));
    let server = OPPO.server(|_| Say::Close);
    assert!(matches!(push(&server, &calls(2)).await, Err(CallError::Ambiguous { .. })));
}

#[tokio::test]
async fn answers_that_make_no_sense_unregister_nobody() {
    let mut bodies = nonsense();
    for data in
        [json!({}), json!([]), json!(null), json!([7]), json!([{"registrationId": "not ours", "errorCode": 10_000}])]
    {
        bodies.push(json!({"code": 0, "data": data}).to_string().into_bytes());
    }
    for body in bodies {
        let server = OPPO.server(move |_| Say::Answer { status: 200, headers: Vec::new(), body: body.clone() });
        match push(&server, &calls(2)).await {
            Err(error) => {
                assert!(matches!(error, CallError::Protocol { .. }) && OPPO.sends(&server).len() == 1, "{error}")
            }
            // a code, if none of OPPO's
            Ok(outcomes) => assert_eq!(outcomes, vec![refused("80100000"); 2]),
        }
    }
}

#[tokio::test]
async fn an_expired_access_token_costs_one_more_request() {
    let server = OPPO.server(|seen| if seen.text().contains("auth_token=token-1&") { coded(11) } else { taken(seen) });
    assert_eq!(push(&server, &calls(2)).await, Ok(vec![accepted(0), accepted(1)]));
    assert_eq!(OPPO.sends(&server).len(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whatever their number and size and whatever is said of them: each token is named once in requests within the
    /// limits, again only if these left it open, and has an outcome in its place.
    #[test]
    fn no_token_is_lost_or_doubled(
        sizes in prop::collection::vec(0usize..1000, 1..1300),
        bad in 2usize..9,
        silent in 2usize..9,
    ) {
        let result = move |token: &str| {
            let number = usize::from_str_radix(token.rsplit('_').next().unwrap(), 16).unwrap();
            if number % bad == 1 { Some(10_000) } else { (number % silent != 1).then_some(0) }
        };
        let server = OPPO.server(move |seen| if seen.path == BATCH { elements(seen, result) } else { taken(seen) });
        let mut calls = calls(sizes.len());
        for (call, characters) in calls.iter_mut().zip(&sizes) {
            call.notification.custom = object(json!({"m": "m1", "e": "好".repeat(*characters)}));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let outcomes = runtime.block_on(push(&server, &calls));
        let batches = || OPPO.sends(&server).into_iter().filter(|seen| seen.path == BATCH);
        let silent_batch = batches().any(|seen| targets(&seen).iter().all(|token| result(token).is_none()));
        prop_assume!(!silent_batch);
        let outcomes = outcomes.unwrap();

        let (mut together, mut alone_times) = (HashMap::<String, usize>::new(), HashMap::<String, usize>::new());
        for seen in OPPO.sends(&server) {
            let tokens = targets(&seen);
            prop_assert!((1..=1000).contains(&tokens.len()) && seen.body.len() <= MAX_BYTES + 64);
            let count = if seen.path == BATCH { &mut together } else { &mut alone_times };
            tokens.into_iter().for_each(|token| *count.entry(token).or_default() += 1);
        }
        prop_assert_eq!((together.len(), outcomes.len()), (sizes.len(), sizes.len()));
        for (number, outcome) in outcomes.into_iter().enumerate() {
            let (expected, again) = match result(&id(number)) {
                Some(0) => (accepted(number), 0),
                Some(_) => (dead("10000"), 0),
                None => (alone(), 1),
            };
            let times = (together[&id(number)], alone_times.get(&id(number)).copied().unwrap_or_default());
            prop_assert!(outcome == expected && times == (1, again), "{number}: {outcome:?} {times:?}");
        }
    }
}

use std::{collections::HashMap, time::Duration};

use proptest::prelude::*;
use serde_json::{Value, json};
use shared::{
    domain::{
        outcome::{CallError, Outcome},
        vendor::Vendor,
    },
    ports::vendor::{Credential, VendorCall},
    testing::sample,
};

use super::{field, record, targets};
use crate::{
    client,
    message::replace_id,
    testing::{Call, Say, Seen, Server, deps, nonsense, object},
};

const MERGED: &str = "/xiaomi/v2/multi_messages/regids";

async fn push(server: &Server, calls: &[Call]) -> Result<Vec<Outcome>, CallError> {
    let calls: Vec<VendorCall<'_>> = calls.iter().map(Call::as_call).collect();
    client(Vendor::Xiaomi, &deps(server)).merging().unwrap().send_merged(&calls).await
}

/// A call with a notification of its own for each token.
fn calls(tokens: &[&str]) -> Vec<Call> {
    let call = |token: &&str| {
        let mut call = Call::new(record(), &[token]);
        call.notification.body = format!("for {token}");
        call.notification.replace_id = format!("m-{token}");
        call
    };
    tokens.iter().map(call).collect()
}

/// The messages of a merged request.
fn messages(seen: &Seen) -> Vec<Value> {
    serde_json::from_str(&field(seen, "messages").unwrap()).unwrap()
}

/// The tokens of any request.
fn asked(seen: &Seen) -> Vec<String> {
    match seen.path.as_str() {
        MERGED => messages(seen).iter().map(|message| message["target"].as_str().unwrap().to_owned()).collect(),
        _ => targets(seen),
    }
}

fn success(data: Value) -> Say {
    Say::json(200, json!({"result": "ok", "trace_id": "Xcm1", "code": 0, "data": data}))
}

fn taken() -> Say {
    success(json!({"id": "slm1"}))
}

fn coded(code: i64) -> Say {
    Say::json(200, json!({"result": "error", "reason": "no", "trace_id": "Xlm1", "code": code}))
}

fn accepted() -> Outcome {
    Outcome::Accepted { vendor_message_id: Some("slm1".into()) }
}

fn refused(code: &str) -> Outcome {
    Outcome::Refused { code: code.into() }
}

#[tokio::test]
async fn different_notifications_are_one_request_with_a_message_each() {
    let server = Server::start(|_| taken());
    let mut calls = calls(&["wM5Vf0+9oQ7rK1y/b2Zk8g==", "t2"]);
    calls[1].ttl = Duration::from_secs(60);
    calls[1].notification.options =
        object(json!({"xiaomi_channel_id": "107003", "xiaomi_click_action": "https://example.com/chat"}));
    assert_eq!(push(&server, &calls).await, Ok(vec![accepted(), accepted()]));

    let seen = server.seen();
    assert_eq!((seen.len(), seen[0].method.as_str(), seen[0].path.as_str()), (1, "POST", MERGED));
    assert_eq!(seen[0].header("authorization"), Some("key=3kq9v7bTq0m1uY2w5x8z0A=="));
    assert_eq!(seen[0].header("content-type"), Some("application/x-www-form-urlencoded;charset=UTF-8"));
    assert_eq!(super::fields(seen[0].text()).len(), 1);
    let expected = |token: &str, ttl: i64, extra: Value| {
        json!({"target": token, "message": {
            "restricted_package_name": "com.example.im",
            "pass_through": 0,
            "title": "Alice",
            "description": format!("for {token}"),
            "payload": r#"{"e":{"room":7},"f":"alice","m":"01K0000000000000000000000M","t":"bob"}"#,
            "notify_type": -1,
            "notify_id": replace_id::number(&format!("m-{token}")),
            "time_to_live": ttl,
            "extra": extra,
        }})
    };
    let tap = json!({"notify_effect": "3", "web_uri": "https://example.com/chat", "channel_id": "107003"});
    assert_eq!(
        messages(&seen[0]),
        [expected("wM5Vf0+9oQ7rK1y/b2Zk8g==", 86_400_000, json!({"notify_effect": "1"})), expected("t2", 60_000, tap)]
    );
}

#[tokio::test]
async fn a_text_that_looks_like_a_number_stays_a_text() {
    let server = Server::start(|_| taken());
    let mut calls = calls(&["t1"]);
    calls[0].notification.title = "42".into();
    push(&server, &calls).await.unwrap();
    assert_eq!(messages(&server.seen()[0])[0]["message"]["title"], "42");
}

#[test]
fn secrets_of_several_packages_are_not_merged() {
    let server = Server::start(|_| taken());
    let client = client(Vendor::Xiaomi, &deps(&server));
    let most = |packages: Value| {
        let mut record = record();
        record["package_names"] = packages;
        client.merging().unwrap().max_merged(&Credential::new(record, "fingerprint".into()))
    };
    assert_eq!((most(json!(["com.example.im"])), most(json!(["com.example.im", "com.example.tv"]))), (1000, 1));
    assert_eq!(most(json!(7)), 1);
}

#[tokio::test]
async fn a_notification_that_cannot_be_written_costs_the_others_nothing() {
    let server = Server::start(|_| taken());
    let mut calls = calls(&["t1", "t2", "t3,t9", "t4"]);
    calls[1].notification.custom = object(json!({"e": "x".repeat(4096)}));
    let outcomes = push(&server, &calls).await;
    assert_eq!(outcomes, Ok(vec![accepted(), refused("65009"), refused("a comma in the token"), accepted()]));
    assert_eq!(server.seen().iter().flat_map(asked).collect::<Vec<_>>(), ["t1", "t4"]);
}

#[tokio::test]
async fn a_message_with_a_wrong_option_costs_the_others_nothing_wherever_it_stands() {
    for at in 0..3 {
        let server = Server::start(|_| taken());
        let mut calls = calls(&["t1", "t2", "t3"]);
        calls[at].notification.options = object(json!({"xiaomi_channel_id": 5}));
        let mut expected = vec![accepted(); 3];
        expected[at] = refused("em_android_push_ext.xiaomi_channel_id must be a string");
        assert_eq!(push(&server, &calls).await, Ok(expected), "{at}");
    }
}

#[tokio::test]
async fn named_tokens_are_unregistered_and_the_others_accepted() {
    let data = json!({"id": "slm1", "bad_regids": "t2", "channel_exceed_quota": "no_channel:1"});
    let server = Server::start(move |_| success(data.clone()));
    let dead = Outcome::Unregistered { code: "bad_regids".into(), certain: true };
    assert_eq!(push(&server, &calls(&["t1", "t2", "t3"])).await, Ok(vec![accepted(), dead, accepted()]));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn what_is_refused_together_goes_alone_and_each_is_told_its_own_code() {
    for code in [10017, 27001, 65009, 20301, 10029, 10018, 65042] {
        let server = Server::start(move |seen| match (seen.path.as_str(), asked(seen)[0].as_str()) {
            (MERGED, _) => coded(code),
            (_, "t2") => coded(27001),
            (_, "t3") => coded(20301),
            _ => taken(),
        });
        let suspect = Outcome::Unregistered { code: "20301".into(), certain: false };
        let outcomes = push(&server, &calls(&["t1", "t2", "t3", "t4"])).await;
        assert_eq!(outcomes, Ok(vec![accepted(), refused("27001"), suspect, accepted()]), "{code}");
        let asked: Vec<_> = server.seen().iter().map(asked).collect();
        assert_eq!((asked.len(), asked[0].len()), (5, 4));
        assert!(asked[1..].iter().all(|tokens| tokens.len() == 1));
    }
}

#[tokio::test]
async fn messages_that_are_all_refused_keep_their_own_codes() {
    let server = Server::start(|seen| match asked(seen)[..].last().map(String::as_str) {
        Some("t1") => coded(27001),
        _ => coded(10017),
    });
    assert_eq!(push(&server, &calls(&["t1", "t2"])).await, Ok(vec![refused("27001"), refused("10017")]));
}

#[tokio::test]
async fn a_failure_of_the_request_is_one_failure_and_is_not_repeated_here() {
    let limited = CallError::RateLimited { code: "200002".into(), after: Some(Duration::from_secs(1)), asked: false };
    for (say, expected) in [
        (coded(21301), CallError::Credential { code: "21301".into() }),
        (coded(200_002), limited),
        (coded(10001), CallError::Unavailable { code: "10001".into(), after: None }),
        (coded(-1), CallError::Protocol { code: "-1".into() }),
        (Say::text(503, ""), CallError::Unavailable { code: "HTTP 503".into(), after: None }),
    ] {
        let server = Server::start(move |_| say.clone());
        let mut calls = calls(&["t1", "t2", "t3"]);
        calls[1].notification.custom = object(json!({"e": "x".repeat(4096)}));
        assert_eq!(push(&server, &calls).await, Err(expected));
        assert_eq!(server.seen().len(), 1);
    }
    let server = Server::start(|_| coded(200_001));
    assert!(matches!(push(&server, &calls(&["t1", "t2"])).await, Err(CallError::QuotaUsedUp { .. })));
    let server = Server::start(|_| Say::Close);
    assert!(matches!(push(&server, &calls(&["t1", "t2"])).await, Err(CallError::Ambiguous { .. })));
}

#[tokio::test]
async fn answers_that_make_no_sense_unregister_nobody() {
    for body in nonsense() {
        let server = Server::start(move |_| Say::Answer { status: 200, headers: Vec::new(), body: body.clone() });
        match push(&server, &calls(&["t1", "t2"])).await {
            Err(error) => assert!(matches!(error, CallError::Protocol { .. }) && server.seen().len() == 1, "{error}"),
            // a code, if none of Xiaomi's
            Ok(outcomes) => assert_eq!(outcomes, vec![refused("80100000"); 2]),
        }
    }
    for bad in [json!("t9"), json!("t1,t9"), json!(["t1"]), json!({"t1": 1}), json!(1)] {
        let server = Server::start(move |_| success(json!({"id": "slm1", "bad_regids": bad})));
        assert_eq!(push(&server, &calls(&["t1", "t2"])).await, Ok(vec![refused("bad_regids"); 2]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whatever their number and size: each token is named once in requests within the limits, again only if these were
    /// refused, and has an outcome in its place.
    #[test]
    fn no_token_is_lost_or_doubled(
        shapes in prop::collection::vec((0usize..1200, prop::sample::select(vec![0u8, 0, 0, 0, 0, 1])), 1..1300),
        refuses in any::<bool>(),
    ) {
        let server = Server::start(move |seen| match seen.path.as_str() {
            MERGED if refuses && asked(seen).iter().any(|token| token == "t7") => coded(10017),
            _ if asked(seen) == ["t7"] => coded(10017),
            _ => taken(),
        });
        let calls: Vec<Call> = shapes.iter().enumerate().map(|(number, (characters, comma))| {
            let mut call = Call::new(record(), &[]);
            let comma = if *comma == 1 { "," } else { "" };
            call.tokens = vec![sample::token(&format!("t{number}{comma}"))];
            call.notification.custom = object(json!({"e": "好".repeat(*characters)}));
            call
        }).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let outcomes = runtime.block_on(push(&server, &calls)).unwrap();
        prop_assert_eq!(outcomes.len(), calls.len());

        let (mut together, mut alone) = (HashMap::<String, usize>::new(), HashMap::<String, usize>::new());
        for seen in server.seen() {
            let tokens = asked(&seen);
            prop_assert!((1..=1000).contains(&tokens.len()) && seen.body.len() <= 2_000_000 + 64);
            let count = if seen.path == MERGED { &mut together } else { &mut alone };
            tokens.into_iter().for_each(|token| *count.entry(token).or_default() += 1);
        }
        for (call, outcome) in calls.iter().zip(outcomes) {
            let token = call.tokens[0].expose();
            let comma = token.contains(',');
            let (times, again) = (together.remove(token).unwrap_or_default(), alone.remove(token).unwrap_or_default());
            prop_assert!(times == usize::from(!comma) && again <= usize::from(refuses || token == "t7"), "{token}");
            let expected = if comma { refused("a comma in the token") } else if again == 1 && token == "t7" { refused("10017") } else { accepted() };
            prop_assert_eq!(outcome, expected, "{}", token);
        }
        prop_assert!(together.is_empty() && alone.is_empty());
    }
}

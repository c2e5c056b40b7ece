use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use proptest::prelude::*;
use serde_json::{Value, json};
use shared::{
    domain::{
        attempt::RetryReason,
        outcome::{CallError, Outcome},
        vendor::Vendor,
    },
    ports::vendor::CallReport,
    testing::sample,
};

use super::record;
use crate::{
    client,
    message::replace_id,
    testing::{Call, Say, Seen, Server, deps, failure, nonsense, object, of_each_class, warnings},
};

const TOKEN_PATH: &str = "/huawei/oauth2/v3/token";

/// An app whose token endpoint issues `token-1`, `token-2`, ... and whose messages `send` answers.
fn huawei(send: impl Fn(&Seen) -> Say + Send + Sync + 'static) -> Server {
    let issued = AtomicUsize::new(0);
    Server::start(move |seen| match seen.path.as_str() {
        TOKEN_PATH => {
            let token = format!("token-{}", issued.fetch_add(1, Ordering::SeqCst) + 1);
            Say::json(200, json!({"access_token": token, "expires_in": 3600, "token_type": "Bearer"}))
        }
        _ => send(seen),
    })
}

async fn push(server: &Server, call: &Call) -> CallReport {
    client(Vendor::Huawei, &deps(server)).send(call.as_call()).await
}

fn call(tokens: &[&str]) -> Call {
    Call::new(record(), tokens)
}

fn call_of(count: usize) -> Call {
    let mut call = call(&[]);
    call.tokens = (0..count).map(|number| sample::token(&format!("t{number}"))).collect();
    call
}

fn answer(code: &str) -> Say {
    answer_with(code, "told")
}

fn answer_with(code: &str, msg: &str) -> Say {
    Say::json(200, json!({"code": code, "msg": msg, "requestId": "r1"}))
}

fn accepted() -> Outcome {
    Outcome::Accepted { vendor_message_id: Some("r1".into()) }
}

fn suspect() -> Outcome {
    Outcome::Unregistered { code: "80300007".into(), certain: false }
}

fn targets(seen: &Seen) -> Vec<String> {
    serde_json::from_value(seen.json()["message"]["token"].clone()).unwrap()
}

fn sends(server: &Server) -> Vec<Seen> {
    server.seen().into_iter().filter(|seen| seen.path != TOKEN_PATH).collect()
}

async fn sent(call: &Call) -> Value {
    let server = huawei(|_| answer("80000000"));
    push(&server, call).await.outcomes.unwrap();
    sends(&server)[0].json()["message"].clone()
}

// ----- what is sent -----

#[tokio::test]
async fn a_push_is_a_token_request_and_a_message() {
    let server = huawei(|_| answer("80000000"));
    let report = push(&server, &call(&["t1", "t2"])).await;
    assert_eq!(report.outcomes, Ok(vec![accepted(), accepted()]));
    assert_eq!(report.answer, json!({"code": "80000000", "msg": "told", "requestId": "r1"}));

    let seen = server.seen();
    let (token, message) = (&seen[0], &seen[1]);
    assert_eq!((token.method.as_str(), token.path.as_str()), ("POST", TOKEN_PATH));
    assert_eq!(token.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(
        token.text(),
        "grant_type=client_credentials&client_id=101234567&client_secret=a%2Bb%2Fc%3D0123456789abcdef"
    );
    assert_eq!((message.method.as_str(), message.path.as_str()), ("POST", "/huawei/v1/101234567/messages:send"));
    assert_eq!(message.header("authorization"), Some("Bearer token-1"));
    assert_eq!(message.header("content-type"), Some("application/json; charset=UTF-8"));
    let custom = r#"{"e":{"room":7},"f":"alice","m":"01K0000000000000000000000M","t":"bob"}"#;
    assert_eq!(
        message.json(),
        json!({"message": {
            "token": ["t1", "t2"],
            "data": custom,
            "android": {
                "ttl": "86400s",
                "bi_tag": "01K0000000000000000000000M",
                "notification": {
                    "title": "Alice",
                    "body": "Are you coming tonight?",
                    "click_action": {"type": 3},
                    "importance": "NORMAL",
                    "tag": "01K0000000000000000000000M",
                    "notify_id": replace_id::number("01K0000000000000000000000M"),
                },
            },
        }})
    );
}

#[tokio::test]
async fn the_second_interface_is_addressed_by_project() {
    let server = huawei(|_| answer("80000000"));
    let mut call = call(&["t1"]);
    let mut record = record();
    record["api"] = json!("v2");
    record["project_id"] = json!("736430079244623456");
    call.credential = shared::ports::vendor::Credential::new(record, "fingerprint".into());
    push(&server, &call).await.outcomes.unwrap();
    assert_eq!(sends(&server)[0].path, "/huawei/v2/736430079244623456/messages:send");
}

#[tokio::test]
async fn the_category_is_sent_only_with_the_right_to_classify() {
    let mut call = call(&["t1"]);
    call.options = object(json!({"category": "WORK"}));
    assert_eq!(sent(&call).await["android"]["category"], Value::Null);

    let mut granted = record();
    granted["im_category_granted"] = json!(true);
    let mut call = Call::new(granted, &["t1"]);
    assert_eq!(sent(&call).await["android"]["category"], "IM");
    call.options = object(json!({"category": "WORK"}));
    assert_eq!(sent(&call).await["android"]["category"], "WORK");
    call.notification.options = object(json!({"huawei_category": "TRAVEL"}));
    assert_eq!(sent(&call).await["android"]["category"], "TRAVEL");
}

#[tokio::test]
async fn options_of_the_message_beat_those_of_the_notifier() {
    let mut call = call(&["t1"]);
    call.options = object(json!({
        "channel_id": "quiet", "importance": "LOW", "badge_class": "com.example.im.MainActivity", "receipt_id": "RCP1",
        "target_user_type": 0, "collapse_key": 7, "click_action": "com.example.im.OPEN_CHAT"
    }));
    let android = &sent(&call).await["android"];
    assert_eq!((&android["collapse_key"], &android["receipt_id"]), (&json!(7), &json!("RCP1")));
    let shown = &android["notification"];
    assert_eq!(shown["badge"], json!({"add_num": 1, "class": "com.example.im.MainActivity"}));
    assert_eq!((&shown["channel_id"], &shown["importance"]), (&json!("quiet"), &json!("LOW")));
    assert_eq!(shown["click_action"], json!({"type": 1, "action": "com.example.im.OPEN_CHAT"}));

    call.notification.options = object(json!({
        "huawei_channel_id": "loud", "huawei_receipt_id": "RCP2", "huawei_target_user_type": 1,
        "huawei_click_action": "https://example.com/chat"
    }));
    let android = &sent(&call).await["android"];
    assert_eq!((&android["target_user_type"], &android["receipt_id"]), (&json!(1), &json!("RCP2")));
    assert_eq!(android["notification"]["channel_id"], "loud");
    assert_eq!(android["notification"]["click_action"], json!({"type": 2, "url": "https://example.com/chat"}));
}

#[tokio::test]
async fn an_intent_carries_custom_data_as_its_extras() {
    let mut call = call(&["t1"]);
    call.options = object(json!({"click_action": "intent://com.example.im/chat?#Intent;scheme=imdemo;end"}));
    call.notification.custom = object(json!({"m": "1", "e": {"a": "b;c"}, "nothing": null}));
    let message = sent(&call).await;
    assert_eq!(message["data"], Value::Null);
    assert_eq!(
        message["android"]["notification"]["click_action"]["intent"],
        "intent://com.example.im/chat?#Intent;scheme=imdemo;S.e=%7B%22a%22%3A%22b%3Bc%22%7D;S.m=1;end"
    );
}

#[tokio::test]
async fn long_texts_are_cut_and_a_long_life_is_shortened() {
    let mut call = call(&["t1"]);
    call.notification.title = "题".repeat(41);
    call.notification.body = "文".repeat(257);
    call.notification.custom = object(json!({"m": "é".repeat(40)}));
    call.ttl = Duration::from_secs(u64::MAX / 1000);
    let android = &sent(&call).await["android"];
    assert_eq!(android["notification"]["title"], "题".repeat(39) + "…");
    assert_eq!(android["notification"]["body"], "文".repeat(255) + "…");
    assert_eq!(android["ttl"], "1296000s");
    assert_eq!(android["bi_tag"], "é".repeat(32));
}

#[tokio::test]
async fn what_huawei_would_refuse_is_not_sent() {
    let server = huawei(|_| answer("80000000"));
    let mut large = call(&["t1"]);
    large.notification.custom = object(json!({"e": "x".repeat(4096)}));
    assert_eq!(push(&server, &large).await.outcomes, Err(CallError::Rejected { code: "80300008".into() }));

    let mut wrong = call(&["t1"]);
    wrong.notification.options = object(json!({"huawei_target_user_type": 9}));
    let code = "em_android_push_ext.huawei_target_user_type must be a number from 0 to 1".to_owned();
    assert_eq!(push(&server, &wrong).await.outcomes, Err(CallError::Rejected { code }));
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_token_is_written_as_json() {
    let token = r#"a"b\c:d"#;
    assert_eq!(sent(&call(&[token])).await["token"], json!([token]));
}

// ----- batches -----

#[tokio::test]
async fn partial_success_gives_each_token_its_outcome() {
    let partial = json!({"success": 2, "failure": 1, "illegal_tokens": ["t2"]}).to_string();
    let server = huawei(move |_| answer_with("80100000", &partial));
    let report = push(&server, &call(&["t1", "t2", "t3"])).await;
    let dead = Outcome::Unregistered { code: "80100000".into(), certain: true };
    assert_eq!(report.outcomes, Ok(vec![accepted(), dead, accepted()]));
}

#[tokio::test]
async fn a_small_call_of_invalid_tokens_makes_them_suspects() {
    for count in [1, 19] {
        let server = huawei(|_| answer("80300007"));
        assert_eq!(push(&server, &call_of(count)).await.outcomes, Ok(vec![suspect(); count]));
        assert_eq!(sends(&server).len(), 1);
    }
}

#[tokio::test]
async fn a_large_call_of_invalid_tokens_is_asked_for_again_in_halves() {
    let server = huawei(|seen| match targets(seen).len() {
        21 => answer("80300007"),
        10 => answer("80000000"),
        _ => answer("80300007"),
    });
    let outcomes = push(&server, &call_of(21)).await.outcomes.unwrap();
    assert_eq!(outcomes, [vec![accepted(); 10], vec![suspect(); 11]].concat());
    assert_eq!(sends(&server).len(), 3, "once, and no further");
}

#[tokio::test]
async fn a_request_that_fails_costs_its_own_tokens_a_delay() {
    let server = huawei(|seen| if targets(seen).len() == 1000 { answer("80000000") } else { Say::text(503, "") });
    let outcomes = push(&server, &call_of(1001)).await.outcomes.unwrap();
    assert_eq!(outcomes[..1000], vec![accepted(); 1000]);
    let after = Some(Duration::from_secs(1));
    assert_eq!(
        outcomes[1000],
        Outcome::Transient { retry_reason: RetryReason::Throttled, code: "HTTP 503".into(), after }
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the vendor says of whole requests: each token is taken once, or not at all and then it is a suspect.
    #[test]
    fn no_token_is_lost_or_doubled(count in 1usize..2500, invalid: [bool; 9]) {
        let asked = AtomicUsize::new(0);
        let server = huawei(move |_| {
            let number = asked.fetch_add(1, Ordering::SeqCst);
            answer(if invalid[number] { "80300007" } else { "80000000" })
        });
        let call = call_of(count);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let outcomes = runtime.block_on(push(&server, &call)).outcomes.unwrap();

        let (mut asked, mut taken) = (HashMap::<String, usize>::new(), HashMap::<String, usize>::new());
        for (seen, invalid) in sends(&server).iter().zip(invalid) {
            let targets = targets(seen);
            prop_assert!((1..=1000).contains(&targets.len()));
            for target in targets {
                *taken.entry(target.clone()).or_default() += usize::from(!invalid);
                *asked.entry(target).or_default() += 1;
            }
        }
        prop_assert_eq!((asked.len(), outcomes.len()), (count, count));
        prop_assert!(asked.values().all(|times| *times <= 2));
        for (token, outcome) in call.tokens.iter().zip(outcomes) {
            let expected = if taken[token.expose()] == 1 { accepted() } else { suspect() };
            prop_assert!(taken[token.expose()] <= 1 && outcome == expected);
        }
    }
}

// ----- access tokens -----

#[tokio::test]
async fn an_expired_access_token_is_replaced_once_and_the_push_repeated_once() {
    for code in ["80200001", "80200003"] {
        let server = huawei(move |seen| match seen.header("authorization") {
            Some("Bearer token-1") => answer(code),
            _ => answer("80000000"),
        });
        assert_eq!(push(&server, &call(&["t1"])).await.outcomes, Ok(vec![accepted()]));
        assert_eq!((sends(&server).len(), server.seen().len()), (2, 4));
    }
}

#[tokio::test]
async fn a_credential_that_is_refused_with_a_new_access_token_is_bad() {
    let server = huawei(|_| answer("80200001"));
    let report = push(&server, &call_of(1001)).await;
    assert_eq!(report.outcomes, Err(CallError::Credential { code: "80200001".into() }));
    assert_eq!(server.seen().len() - sends(&server).len(), 2, "one new access token a call");
}

#[tokio::test]
async fn an_access_token_serves_later_pushes_of_every_process() {
    let server = huawei(|_| answer("80000000"));
    let deps = deps(&server);
    for _ in 0..2 {
        let client = client(Vendor::Huawei, &deps);
        for _ in 0..2 {
            client.send(call(&["t1"]).as_call()).await.outcomes.unwrap();
        }
    }
    assert_eq!((sends(&server).len(), server.seen().len()), (4, 5));
}

#[tokio::test]
async fn a_refused_secret_is_reported_without_the_secret() {
    let server = Server::start(|_| {
        let description = "invalid client_secret a+b/c=0123456789abcdef";
        Say::json(400, json!({"sub_error": 12304, "error_description": description, "error": 1101}))
    });
    let report = push(&server, &call(&["t1"])).await;
    assert_eq!(report.outcomes, Err(CallError::Credential { code: "access token: 1101/12304".into() }));
    let shown = json!({"sub_error": 12304, "error_description": "invalid client_secret ***", "error": 1101});
    assert_eq!(report.answer, shown);
}

#[tokio::test]
async fn no_answer_shows_the_access_token() {
    let server = huawei(|seen| answer_with("80100003", seen.header("authorization").unwrap()));
    let report = push(&server, &call(&["t1"])).await;
    assert_eq!(report.answer["msg"], "Bearer ***");
}

// ----- a vendor in trouble -----

async fn trouble(say: Say) -> String {
    let server = huawei(move |_| say.clone());
    let report = push(&server, &call(&["t1"])).await;
    assert_eq!(sends(&server).len(), 1, "no repeat in process");
    report.outcomes.map_or_else(|error| failure(&error), |outcomes| format!("{outcomes:?}"))
}

#[tokio::test]
async fn flow_control_waits_as_long_as_it_says_or_a_second() {
    assert_eq!(trouble(Say::text(503, "<html>")).await, "limited 1");
    assert_eq!(trouble(Say::text(503, "").with("retry-after", "30")).await, "limited 30");
    assert_eq!(trouble(Say::text(429, "")).await, "limited 1");
}

#[tokio::test]
async fn a_failing_vendor_is_unavailable() {
    assert_eq!(trouble(answer("81000001")).await, "unavailable");
    assert_eq!(trouble(Say::text(500, "")).await, "unavailable");
    assert_eq!(trouble(Say::text(502, "<html>")).await, "unavailable");
    let half = Say::Half { status: 500, body: br#"{"code":"80300007","msg":"no"}"#.to_vec() };
    assert_eq!(trouble(half).await, "unavailable");
}

#[tokio::test]
async fn nonsense_is_no_verdict_on_a_token() {
    for body in nonsense() {
        let met = trouble(Say::Answer { status: 200, headers: Vec::new(), body }).await;
        assert!(met == "protocol" || met.starts_with("[Refused"), "{met}");
    }
}

#[tokio::test]
async fn a_push_without_an_answer_may_have_arrived() {
    let server = huawei(|_| Say::Hang);
    let time_passes = async {
        server.arrived(2).await;
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(10)).await;
    };
    let call = call(&["t1"]);
    let (report, ()) = tokio::join!(push(&server, &call), time_passes);
    assert_eq!(report.outcomes, Err(CallError::Ambiguous { code: "timeout".into() }));
    assert_eq!(report.answer, Value::Null);
}

// ----- classes -----

#[tokio::test]
async fn every_class_has_its_category_and_advertising_is_silent() {
    let android = async |call: &Call| sent(call).await["android"].clone();
    let granted = call(&["t1"]).with("im_category_granted", json!(true));
    let expected =
        [("IM", "NORMAL"), ("IM", "NORMAL"), ("VOIP", "NORMAL"), ("ACCOUNT", "NORMAL"), ("MARKETING", "LOW")];
    for (android, (category, importance)) in of_each_class(granted, android).await.iter().zip(expected) {
        assert_eq!(
            (&android["category"], &android["notification"]["importance"]),
            (&json!(category), &json!(importance))
        );
    }
}

#[tokio::test]
async fn what_is_set_for_chat_holds_for_chat() {
    let android = async |call: &Call| sent(call).await["android"].clone();
    let mut call = call(&["t1"]).with("im_category_granted", json!(true));
    call.options = object(json!({"category": "WORK", "importance": "LOW"}));
    let sent = of_each_class(call, android).await;
    let categories: Vec<&Value> = sent.iter().map(|android| &android["category"]).collect();
    assert_eq!(categories, ["WORK", "WORK", "VOIP", "ACCOUNT", "MARKETING"]);
    let importances: Vec<&Value> = sent.iter().map(|android| &android["notification"]["importance"]).collect();
    assert_eq!(importances, ["LOW", "LOW", "NORMAL", "NORMAL", "LOW"]);
}

#[test]
fn a_preflight_misses_the_right_to_classify() {
    let mut record = record();
    record["im_category_granted"] = json!(false);
    let met = warnings(Vendor::Huawei, &record, json!({}));
    assert_eq!(met, ["im mention call system: credential.im_category_granted"]);
    record["im_category_granted"] = json!(true);
    assert!(warnings(Vendor::Huawei, &record, json!({})).is_empty());
}

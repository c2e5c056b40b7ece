use std::{collections::BTreeSet, sync::Arc, time::Duration};

use serde_json::{Value, json};
use shared::{
    domain::{
        outcome::{CallError, Outcome},
        vendor::Vendor,
    },
    ports::clock::Clock,
    testing::chance::FixedClock,
};

use super::*;
use crate::{
    Deps, client,
    message::replace_id,
    testing::{Call, Seen, Server, deps, object, of_each_class, warnings},
};

const MESSAGE_ID: &str = "01K0000000000000000000000M";

fn bearer(seen: &Seen) -> String {
    seen.header("authorization").unwrap().strip_prefix("Bearer ").unwrap().to_owned()
}

fn bearers(server: &Server) -> BTreeSet<String> {
    server.seen().iter().map(bearer).collect()
}

async fn sent(call: &Call) -> Value {
    let server = Server::start(|_| success());
    HARMONY.push(&server, call).await.outcomes.unwrap();
    server.seen()[0].json()
}

async fn click(call: &Call) -> Value {
    sent(call).await["payload"]["notification"]["clickAction"].clone()
}

// ----- what is sent -----

#[tokio::test]
async fn a_push_is_a_message_behind_a_signed_bearer_and_nothing_else() {
    let server = Server::start(|_| success());
    let report = HARMONY.push(&server, &HARMONY.call(&["t1", "t2"])).await;
    assert_eq!(report.outcomes, Ok(vec![accepted(), accepted()]));
    assert_eq!(report.answer, json!({"code": "80000000", "msg": "Success", "requestId": "r1"}));

    let seen = server.seen();
    assert_eq!(seen.len(), 1, "no token endpoint is asked");
    let message = &seen[0];
    assert_eq!(
        (message.method.as_str(), message.path.as_str()),
        ("POST", "/huawei/v3/736430079244623456/messages:send")
    );
    assert_eq!(message.header("push-type"), Some("0"));
    assert_eq!(message.header("content-type"), Some("application/json; charset=UTF-8"));
    let (header, claims) = verified(&bearer(message)).expect("the project's key signed it");
    assert_eq!(header, json!({"kid": KEY_ID, "typ": "JWT", "alg": "PS256"}));
    let now = FixedClock::default().now().as_seconds();
    let audience = "https://oauth-login.cloud.huawei.com/oauth2/v3/token";
    assert_eq!(claims, json!({"aud": audience, "iss": "100000001", "iat": now, "exp": now + 3600}));
    assert_eq!(
        message.json(),
        json!({
            "payload": {"notification": {
                "category": "MARKETING",
                "title": "Alice",
                "body": "Are you coming tonight?",
                "clickAction": {"actionType": 0, "data": {"e": {"room": 7}, "f": "alice", "m": MESSAGE_ID, "t": "bob"}},
                "badge": {"addNum": 1},
                "notifyId": replace_id::number(MESSAGE_ID),
                "appMessageId": MESSAGE_ID,
            }},
            "target": {"token": ["t1", "t2"]},
            "pushOptions": {"ttl": 86400, "biTag": MESSAGE_ID},
        })
    );
}

#[tokio::test]
async fn a_category_is_claimed_only_with_the_right_to_classify() {
    let category = async |call: &Call| sent(call).await["payload"]["notification"]["category"].clone();
    let mut plain = HARMONY.call(&["t1"]);
    plain.options = object(json!({"category": "WORK"}));
    assert_eq!(category(&plain).await, "MARKETING");

    let mut granted = key_file();
    granted["im_category_granted"] = json!(true);
    let mut call = Call::new(granted, &["t1"]);
    assert_eq!(category(&call).await, "IM");
    call.options = object(json!({"category": "WORK"}));
    assert_eq!(category(&call).await, "WORK");
    call.notification.options = object(json!({"huawei_category": "TRAVEL"}));
    assert_eq!(category(&call).await, "TRAVEL");
}

#[tokio::test]
async fn every_class_has_its_category_and_what_is_set_for_chat_holds_for_chat() {
    let category = async |call: &Call| sent(call).await["payload"]["notification"]["category"].clone();
    let mut call = HARMONY.call(&["t1"]).with("im_category_granted", json!(true));
    call.options = object(json!({"category": "WORK"}));
    let categories = of_each_class(call, category).await;
    assert_eq!(categories, ["WORK", "WORK", "VOIP", "ACCOUNT", "MARKETING"]);
}

#[test]
fn a_preflight_misses_the_right_to_classify() {
    let mut record = key_file();
    assert_eq!(
        warnings(Vendor::Huawei, &record, json!({})),
        ["im mention call system: credential.im_category_granted"]
    );
    record["im_category_granted"] = json!(true);
    assert!(warnings(Vendor::Huawei, &record, json!({})).is_empty());
}

#[tokio::test]
async fn a_tap_opens_a_page_by_address_or_action_and_never_by_intent() {
    let mut call = HARMONY.call(&["t1"]);
    call.notification.custom.clear();
    call.options = object(json!({"uri": "imdemo://chat", "click_action": "com.example.im.OPEN"}));
    assert_eq!(click(&call).await, json!({"actionType": 1, "uri": "imdemo://chat"}));
    call.notification.options = object(json!({"huawei_click_action": "com.example.im.OPEN_CHAT"}));
    assert_eq!(click(&call).await, json!({"actionType": 1, "action": "com.example.im.OPEN_CHAT"}));
    call.notification.options = object(json!({"huawei_click_action": "https://example.com/chat"}));
    assert_eq!(click(&call).await, json!({"actionType": 1, "uri": "https://example.com/chat"}));
    let intent = "intent://com.example.im/chat?#Intent;scheme=imdemo;end";
    call.notification.options = object(json!({"huawei_click_action": intent, "huawei_uri": "imdemo://other"}));
    assert_eq!(click(&call).await, json!({"actionType": 1, "uri": "imdemo://other"}));
    call.notification.options = object(json!({"huawei_click_action": intent}));
    assert_eq!(click(&call).await, json!({"actionType": 1, "uri": "imdemo://chat"}));
    call.options.clear();
    assert_eq!(click(&call).await, json!({"actionType": 0}));
}

#[tokio::test]
async fn options_of_the_message_beat_those_of_the_notifier() {
    let mut record = key_file();
    record["receipt"] = json!({"receipt_id": "RCP0"});
    let mut call = Call::new(record, &["t1"]);
    assert_eq!(sent(&call).await["pushOptions"]["receiptId"], "RCP0");
    call.options = object(json!({"receipt_id": "RCP1", "collapse_key": 7, "target_user_type": 1}));
    let options = sent(&call).await["pushOptions"].clone();
    let expected =
        json!({"ttl": 86400, "biTag": MESSAGE_ID, "receiptId": "RCP1", "collapseKey": 7, "testMessage": true});
    assert_eq!(options, expected);
    call.notification.options = object(json!({"huawei_receipt_id": "RCP2", "huawei_target_user_type": 0}));
    let options = sent(&call).await["pushOptions"].clone();
    assert_eq!((&options["receiptId"], &options["testMessage"]), (&json!("RCP2"), &Value::Null));
}

#[tokio::test]
async fn long_texts_are_cut_and_a_long_life_is_shortened() {
    let call = HARMONY.call(&["t1"]).with_long_texts(41, 257);
    let message = sent(&call).await;
    let shown = &message["payload"]["notification"];
    assert_eq!(shown["title"], "题".repeat(39) + "…");
    assert_eq!(shown["body"], "文".repeat(255) + "…");
    assert_eq!(shown["appMessageId"], "é".repeat(32));
    assert_eq!(
        (&message["pushOptions"]["ttl"], &message["pushOptions"]["biTag"]),
        (&json!(1_296_000), &shown["appMessageId"])
    );
}

#[tokio::test]
async fn what_huawei_would_refuse_is_not_sent() {
    HARMONY.assert_large_custom_data_is_not_sent("80300008").await;
    let rule = "must be an address of at most 2048 visible ASCII characters";
    HARMONY.assert_wrong_option_is_not_sent("huawei_uri", json!("no blanks"), rule).await;
    let unsigned = HARMONY.call(&["t1"]).with("private_key", json!("AAAA"));
    assert_eq!(HARMONY.unsent(&unsigned).await, CallError::Credential { code: "private key".into() });
}

// ----- batches -----

#[tokio::test]
async fn a_request_carries_a_thousand_tokens_or_ten_of_a_test() {
    let server = Server::start(|_| success());
    let mut call = HARMONY.call_of(1001);
    assert_eq!(HARMONY.push(&server, &call).await.outcomes, Ok(vec![accepted(); 1001]));
    let sizes = |server: &Server| HARMONY.requests(server).iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(sizes(&server), [1000, 1]);

    let server = Server::start(|_| success());
    call.tokens.truncate(21);
    call.options = object(json!({"target_user_type": 1}));
    assert_eq!(HARMONY.push(&server, &call).await.outcomes, Ok(vec![accepted(); 21]));
    assert_eq!(sizes(&server), [10, 10, 1]);
}

#[tokio::test]
async fn partial_success_gives_each_token_its_outcome() {
    let failed = json!({"success": 1, "failure": 2, "illegalTokens": {"noRight": ["t2"], "noPushTypeRight": ["t3"]}});
    let server = Server::start(move |_| answer("80100000", &failed.to_string()));
    let report = HARMONY.push(&server, &HARMONY.call(&["t1", "t2", "t3"])).await;
    let suspect = Outcome::Unregistered { code: "noRight".into(), certain: false };
    assert_eq!(
        report.outcomes,
        Ok(vec![accepted(), suspect, Outcome::CredentialOrToken { code: "noPushTypeRight".into() }])
    );
}

const PENALTY: &str = "disableSendHuaweiMsgBecauseOfPenalty";

#[tokio::test]
async fn a_penalty_is_a_fault_of_the_credential_and_a_missing_right_may_be_one() {
    for (reason, outcomes) in [
        ("noPushTypeRight", Ok(vec![Outcome::CredentialOrToken { code: "noPushTypeRight".into() }; 21])),
        (PENALTY, Err(CallError::Credential { code: PENALTY.into() })),
    ] {
        let server = Server::start(move |seen| {
            let tokens = targets(seen);
            let failed = json!({"failure": tokens.len(), "illegalTokens": {reason: tokens}});
            answer("80300007", &failed.to_string())
        });
        let report = HARMONY.push(&server, &HARMONY.call_of(21)).await;
        assert_eq!(report.outcomes, outcomes);
        assert_eq!(server.seen().len(), 1, "there is nothing to find out by halves");
    }
}

#[tokio::test]
async fn words_that_unregister_many_tokens_are_asked_for_again_in_halves() {
    let server = Server::start(|seen| match targets(seen).len() {
        10 => success(),
        _ => answer("80300007", "All the tokens are invalid"),
    });
    let outcomes = HARMONY.push(&server, &HARMONY.call_of(21)).await.outcomes.unwrap();
    let suspect = Outcome::Unregistered { code: "80300007".into(), certain: false };
    assert_eq!(outcomes, [vec![accepted(); 10], vec![suspect; 11]].concat());
    assert_eq!(server.seen().len(), 3);
}

// ----- bearers -----

#[tokio::test]
async fn a_bearer_serves_for_fifty_minutes_and_is_signed_anew_before_it_runs_out() {
    let server = Server::start(|_| success());
    let clock = FixedClock::default();
    let deps = Deps { clock: Arc::new(clock.clone()), ..deps(&server) };
    let client = client(Vendor::Huawei, &deps);
    let push = async || client.send(HARMONY.call(&["t1"]).as_call()).await.outcomes.unwrap();
    push().await;
    clock.advance(Duration::from_secs(50 * 60 - 1));
    push().await;
    assert_eq!(bearers(&server).len(), 1);
    clock.advance(Duration::from_secs(1));
    push().await;
    assert_eq!(bearers(&server).len(), 2);
    let (_, claims) = verified(&bearer(&server.seen()[2])).unwrap();
    assert_eq!(claims["iat"], clock.now().as_seconds());
}

#[tokio::test]
async fn every_process_signs_a_bearer_of_its_own() {
    let server = Server::start(|_| success());
    let deps = deps(&server);
    for _ in 0..2 {
        let client = client(Vendor::Huawei, &deps);
        client.send(HARMONY.call(&["t1"]).as_call()).await.outcomes.unwrap();
    }
    assert_eq!(bearers(&server).len(), 2);
}

#[tokio::test]
async fn a_refused_bearer_is_signed_anew_once_and_the_push_repeated_once() {
    for code in ["80200001", "80200003", "80200005"] {
        let server = Server::script([answer(code, "no"), success()]);
        assert_eq!(HARMONY.push(&server, &HARMONY.call(&["t1"])).await.outcomes, Ok(vec![accepted()]));
        assert_eq!((server.seen().len(), bearers(&server).len()), (2, 2), "{code}");
    }
}

#[tokio::test]
async fn a_credential_whose_new_bearer_is_refused_is_bad() {
    let server = Server::start(|_| answer("80200001", "no"));
    let report = HARMONY.push(&server, &HARMONY.call_of(1001)).await;
    assert_eq!(report.outcomes, Err(CallError::Credential { code: "80200001".into() }));
    assert_eq!(bearers(&server).len(), 2, "one new bearer a call");
}

#[tokio::test]
async fn no_answer_shows_the_bearer() {
    let server = Server::start(|seen| answer("80100003", seen.header("authorization").unwrap()));
    let report = HARMONY.push(&server, &HARMONY.call(&["t1"])).await;
    assert_eq!(report.answer["msg"], "Bearer ***");
    assert_eq!(server.seen()[0].path, format!("/huawei/v3/{PROJECT}/messages:send"));
}

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shared::domain::{
    attempt::RetryReason,
    outcome::{CallError, Outcome},
    vendor::Vendor,
};

use super::{FCM, TOKEN_PATH, accepted, key_file, taken, target};
use crate::{
    client,
    testing::{Call, Say, Server, deps, object, of_each_class, warnings},
};

fn refused(http: u16, status: &str, detail: Option<&str>) -> Say {
    let detail =
        detail.map(|code| json!({"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}));
    let details: Vec<Value> = detail.into_iter().collect();
    Say::json(http, json!({"error": {"code": http, "message": "no", "status": status, "details": details}}))
}

// ----- what is sent -----

#[tokio::test]
async fn a_push_is_a_token_request_and_a_message() {
    let server = FCM.server(taken);
    let report = FCM.push(&server, &FCM.call(&["t1"])).await;
    assert_eq!(report.outcomes, Ok(vec![accepted("t1")]));
    assert_eq!(report.answer, json!({"name": "projects/im-demo-1234/messages/t1"}));

    let seen = server.seen();
    let (token, message) = (&seen[0], &seen[1]);
    assert_eq!((token.method.as_str(), token.path.as_str()), ("POST", TOKEN_PATH));
    assert_eq!(token.header("content-type"), Some("application/x-www-form-urlencoded"));
    let (grant, assertion) = token.text().split_once("&assertion=").unwrap();
    assert_eq!(grant, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer");
    let claims = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["aud"], "https://oauth2.googleapis.com/token", "Google's own address, wherever it goes");

    assert_eq!(
        (message.method.as_str(), message.path.as_str()),
        ("POST", "/fcm/v1/projects/im-demo-1234/messages:send")
    );
    assert_eq!(message.header("authorization"), Some("Bearer token-1"));
    assert_eq!(message.header("content-type"), Some("application/json; charset=UTF-8"));
    assert_eq!(
        message.json(),
        json!({"message": {
            "token": "t1",
            "data": {"f": "alice", "t": "bob", "m": "01K0000000000000000000000M", "e": "{\"room\":7}"},
            "android": {
                "priority": "HIGH",
                "ttl": "86400s",
                "notification": {
                    "title": "Alice",
                    "body": "Are you coming tonight?",
                    "tag": "01K0000000000000000000000M",
                    "sound": "default",
                },
            },
        }})
    );
}

#[tokio::test]
async fn options_of_the_message_beat_those_of_the_notifier() {
    let server = FCM.server(taken);
    let mut call = FCM.call(&["t1"]);
    call.options = object(json!({
        "channel_id": "quiet", "priority": "NORMAL", "click_action": "com.example.im.OPEN_CHAT", "collapse_key": "chat",
        "sound": "ping", "icon": "ic_chat", "color": "#00ff99", "analytics_label": "of-notifier"
    }));
    call.notification.options =
        object(json!({"fcm_channel_id": "loud", "fcm_options": {"analytics_label": "of-message"}, "vivo_category": 7}));
    FCM.push(&server, &call).await.outcomes.unwrap();
    let message = &FCM.sends(&server)[0].json()["message"];
    assert_eq!(message["fcm_options"], json!({"analytics_label": "of-message"}));
    assert_eq!(message["android"]["priority"], "NORMAL");
    assert_eq!(message["android"]["collapse_key"], "chat");
    let shown = &message["android"]["notification"];
    assert_eq!(shown["channel_id"], "loud");
    assert_eq!(shown["click_action"], "com.example.im.OPEN_CHAT");
    assert_eq!(
        (&shown["sound"], &shown["icon"], &shown["color"]),
        (&json!("ping"), &json!("ic_chat"), &json!("#00ff99"))
    );
}

#[tokio::test]
async fn custom_data_is_strings_without_reserved_keys() {
    let server = FCM.server(taken);
    let mut call = FCM.call(&["t1"]);
    call.notification.custom = object(json!({
        "from": "x", "message_type": "x", "google.a": "x", "gcm.notification.b": "x", "": "x",
        "number": 7, "flag": true, "nothing": null, "list": ["a"], "text": "\"quoted\""
    }));
    FCM.push(&server, &call).await.outcomes.unwrap();
    assert_eq!(
        FCM.sends(&server)[0].json()["message"]["data"],
        json!({"number": "7", "flag": "true", "list": "[\"a\"]", "text": "\"quoted\""})
    );
}

#[tokio::test]
async fn long_texts_are_cut_and_a_long_life_is_shortened() {
    let server = FCM.server(taken);
    let call = FCM.call(&["t1"]).with_long_texts(61, 241);
    FCM.push(&server, &call).await.outcomes.unwrap();
    let android = &FCM.sends(&server)[0].json()["message"]["android"];
    assert_eq!(android["notification"]["title"], "题".repeat(59) + "…");
    assert_eq!(android["notification"]["body"], "文".repeat(239) + "…");
    assert_eq!(android["ttl"], "2419200s");
}

#[tokio::test]
async fn what_fcm_would_refuse_is_not_sent() {
    FCM.assert_large_custom_data_is_not_sent("payload over 4096 bytes").await;
    FCM.assert_wrong_option_is_not_sent("fcm_channel_id", json!(7), "must be a string").await;
}

#[tokio::test]
async fn a_token_is_written_as_json() {
    let server = FCM.server(taken);
    let token = r#"a"b\c:d"#;
    assert_eq!(FCM.push(&server, &FCM.call(&[token])).await.outcomes, Ok(vec![accepted(token)]));
}

// ----- several tokens -----

#[tokio::test]
async fn every_token_is_sent_to_once_and_its_outcome_stands_in_its_place() {
    let server = FCM.server(taken);
    let tokens: Vec<String> = (0..200).map(|number| format!("t{number}")).collect();
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let report = FCM.push(&server, &FCM.call(&tokens)).await;
    assert_eq!(report.outcomes, Ok(tokens.iter().map(|token| accepted(token)).collect()));
    let mut sent: Vec<String> = FCM.sends(&server).iter().map(target).collect();
    sent.sort();
    let mut tokens = tokens.clone();
    tokens.sort_unstable();
    assert_eq!(sent, tokens);
}

#[tokio::test]
async fn one_tokens_failure_is_its_own() {
    let server = FCM.server(|seen| match target(seen).as_str() {
        "gone" => refused(404, "NOT_FOUND", Some("UNREGISTERED")),
        "busy" => refused(503, "UNAVAILABLE", Some("UNAVAILABLE")).with("retry-after", "9"),
        "odd" => Say::text(200, "<html>"),
        _ => taken(seen),
    });
    let report = FCM.push(&server, &FCM.call(&["good", "gone", "busy", "odd"])).await;
    let after = Some(Duration::from_secs(9));
    assert_eq!(
        report.outcomes,
        Ok(vec![
            accepted("good"),
            Outcome::Unregistered { code: "UNREGISTERED".into(), certain: true },
            Outcome::Transient { retry_reason: RetryReason::Unavailable, code: "UNAVAILABLE".into(), after },
            Outcome::Transient { retry_reason: RetryReason::Unclear, code: "HTTP 200".into(), after: None },
        ])
    );
}

// ----- access tokens -----

#[tokio::test]
async fn an_expired_access_token_is_replaced_once_and_the_push_repeated_once() {
    let server = FCM.server(|seen| match seen.header("authorization") {
        Some("Bearer token-1") => refused(401, "UNAUTHENTICATED", None),
        _ => taken(seen),
    });
    let report = FCM.push(&server, &FCM.call(&["t1", "t2", "t3"])).await;
    assert_eq!(report.outcomes, Ok(vec![accepted("t1"), accepted("t2"), accepted("t3")]));
    assert_eq!(FCM.sends(&server).len(), 6);
    assert_eq!(server.seen().len() - 6, 2, "two access tokens");
}

#[tokio::test]
async fn a_credential_that_is_refused_with_a_new_access_token_is_bad() {
    let refusal = refused(401, "UNAUTHENTICATED", None);
    assert_eq!(FCM.assert_refused_new_access_token_is_bad(2, refusal, "UNAUTHENTICATED").await.len(), 4);
}

#[tokio::test]
async fn an_access_token_serves_later_pushes_of_every_process() {
    FCM.assert_access_token_serves_every_process().await;
}

#[tokio::test]
async fn a_refused_key_is_reported_without_the_key() {
    let server = Server::start(|seen| {
        let description = format!("Invalid JWT Signature: {}", seen.text().split("assertion=").nth(1).unwrap());
        Say::json(400, json!({"error": "invalid_grant", "error_description": description}))
    });
    let report = FCM.push(&server, &FCM.call(&["t1"])).await;
    assert_eq!(report.outcomes, Err(CallError::Credential { code: "access token: invalid_grant".into() }));
    assert_eq!(report.answer, json!({"error": "invalid_grant", "error_description": "Invalid JWT Signature: ***"}));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn no_answer_shows_the_access_token() {
    let server = FCM.server(|seen| {
        let echo = seen.header("authorization").unwrap().to_owned();
        Say::json(400, json!({"error": {"status": "INVALID_ARGUMENT", "message": echo}}))
    });
    let report = FCM.push(&server, &FCM.call(&["t1"])).await;
    assert_eq!(report.answer, json!({"error": {"status": "INVALID_ARGUMENT", "message": "Bearer ***"}}));
}

#[tokio::test]
async fn a_record_that_is_no_account_is_a_bad_credential() {
    FCM.assert_no_account_is_a_bad_credential([json!({"server_key": "x"})]).await;
}

// ----- a vendor in trouble -----

#[tokio::test]
async fn a_hint_to_wait_is_passed_on_and_a_minute_stands_for_a_missing_one() {
    let limited = || refused(429, "RESOURCE_EXHAUSTED", Some("QUOTA_EXCEEDED"));
    assert_eq!(FCM.trouble(limited()).await, "limited 60");
    assert_eq!(FCM.trouble(limited().with("retry-after", "30")).await, "limited 30");
    // the test's clock shows 2026-01-15 09:00:00
    assert_eq!(FCM.trouble(limited().with("retry-after", "Thu, 15 Jan 2026 09:02:00 GMT")).await, "limited 120");
    assert_eq!(FCM.trouble(limited().with("retry-after", "soon")).await, "limited 60");
}

#[tokio::test]
async fn a_failing_vendor_is_unavailable() {
    FCM.assert_failing_is_unavailable(r#"{"error":{"status":"NOT_FOUND"}}"#).await;
    assert_eq!(FCM.trouble(refused(500, "INTERNAL", Some("INTERNAL"))).await, "unavailable");
    assert_eq!(FCM.trouble(refused(503, "UNAVAILABLE", None).with("retry-after", "5")).await, "unavailable 5");
    assert_eq!(FCM.trouble(Say::text(502, "<html><h1>502</h1></html>")).await, "unavailable");
}

#[tokio::test]
async fn nonsense_is_no_verdict_on_a_token() {
    for status in [200, 404] {
        FCM.assert_nonsense_comes_to(status, |met| ["protocol", "rejected", "credential"].contains(&met)).await;
    }
    let body = br#"{"name":"projects/im-demo-1234/messages/t1"}"#.to_vec();
    assert_eq!(FCM.trouble(Say::Half { status: 200, body }).await, "protocol");
}

#[tokio::test]
async fn a_push_without_an_answer_may_have_arrived() {
    // also on a connection that has served before, here the access token's
    let server = FCM.server(|_| Say::Close);
    let report = FCM.push(&server, &FCM.call(&["t1"])).await;
    assert_eq!(report.outcomes, Err(CallError::Ambiguous { code: "connection lost".into() }));
    assert_eq!(FCM.sends(&server).len(), 1);

    FCM.assert_unanswered_may_have_arrived(Duration::from_secs(10)).await;
}

#[tokio::test]
async fn a_vendor_that_cannot_be_reached_got_nothing() {
    let server = FCM.server(taken);
    let mut deps = deps(&server);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nowhere = format!("http://127.0.0.1:{port}");
    deps.base_url = Some(crate::transport::BaseUrl::parse(&nowhere).unwrap());
    let report = client(Vendor::Fcm, &deps).send(FCM.call(&["t1"]).as_call()).await;
    let code = "access token: connect".to_owned();
    assert_eq!(report.outcomes, Err(CallError::Unavailable { code, after: None }));
}

// ----- classes -----

#[tokio::test]
async fn advertising_wakes_no_phone_unless_an_operator_says_so() {
    let priority = async |call: &Call| {
        let server = FCM.server(taken);
        FCM.push(&server, call).await.outcomes.unwrap();
        FCM.sends(&server)[0].json()["message"]["android"]["priority"].clone()
    };
    assert_eq!(of_each_class(FCM.call(&["t1"]), priority).await, ["HIGH", "HIGH", "HIGH", "HIGH", "NORMAL"]);
    let mut configured = FCM.call(&["t1"]);
    configured.options = object(json!({"priority": "HIGH"}));
    assert_eq!(of_each_class(configured, priority).await, ["HIGH"; 5]);
}

#[test]
fn a_preflight_misses_the_channel_and_doubts_a_low_priority() {
    let file = key_file();
    let met = |options| warnings(Vendor::Fcm, &file, options);
    assert_eq!(met(json!({})), ["im mention call system marketing: options.channel_id"]);
    assert_eq!(met(json!({"channel_id": "im", "priority": "NORMAL"})), ["im mention call system: options.priority"]);
    assert!(met(json!({"channel_id": "im"})).is_empty());
}

use std::{sync::Arc, time::Duration};

use serde_json::json;
use shared::{
    domain::{outcome::CallError, vendor::Vendor},
    testing::chance::FixedClock,
};

use super::{VIVO, answer};
use crate::{
    Deps, client,
    testing::{Say, Server, deps, failure},
};

#[tokio::test]
async fn an_expired_access_token_is_replaced_once_and_the_request_repeated_once() {
    let sends = VIVO.assert_expired_access_token_is_replaced(answer(10000)).await;
    assert_eq!(sends[0].body, sends[1].body, "the same request");
}

#[tokio::test]
async fn a_credential_that_is_refused_with_a_new_access_token_is_bad() {
    VIVO.assert_refused_new_access_token_is_bad(1001, answer(10000), "10000").await;
}

#[tokio::test]
async fn an_access_token_serves_later_pushes_of_every_process() {
    VIVO.assert_access_token_serves_every_process().await;
}

#[tokio::test]
async fn an_access_token_is_replaced_after_an_hour() {
    let server = VIVO.server(|_| answer(0));
    let clock = FixedClock::default();
    let deps = Deps { clock: Arc::new(clock.clone()), ..deps(&server) };
    let client = client(Vendor::Vivo, &deps);
    for minutes in [0, 59, 1] {
        clock.advance(Duration::from_secs(60 * minutes));
        client.send(VIVO.call(&["t1"]).as_call()).await.outcomes.unwrap();
    }
    let used: Vec<_> = VIVO.sends(&server).iter().map(|seen| seen.header("authtoken").unwrap().to_owned()).collect();
    assert_eq!(used, ["token-1", "token-1", "token-2"]);
}

#[tokio::test]
async fn a_refused_secret_is_reported_without_the_secret() {
    let server = Server::start(|seen| {
        let sign = seen.json()["sign"].as_str().unwrap().to_owned();
        Say::json(200, json!({"result": 10206, "desc": format!("sign {sign} of 3c6e0b8a-9c15-4a24-a3f1-5d7b8e9f0a1b")}))
    });
    let report = VIVO.push(&server, &VIVO.call(&["t1"])).await;
    assert_eq!(report.outcomes, Err(CallError::Credential { code: "access token: 10206".into() }));
    assert_eq!(report.answer.shown(), json!({"result": 10206, "desc": "sign *** of ***"}));
}

#[tokio::test]
async fn an_answer_without_a_usable_token_issues_none_and_shows_none() {
    for (body, means) in [
        (r#"{"result":0,"desc":"ok"}"#, "protocol"),
        (r#"{"result":0,"authToken":["hush"]}"#, "protocol"),
        (r#"{"result":0,"authToken":"hush hush"}"#, "protocol"),
        (r#"{"result":10206,"authToken":"hush"}"#, "credential"),
        (r#"{"result":10093,"desc":"too often"}"#, "limited 1"),
        (r#"{"authToken":"hush"}"#, "protocol"),
        ("<html>hush", "protocol"),
        ("", "protocol"),
    ] {
        let server = Server::start(|_| Say::text(200, body));
        let report = VIVO.push(&server, &VIVO.call(&["t1"])).await;
        assert_eq!(failure(&report.outcomes.unwrap_err()), means, "{body}");
        assert!(!report.answer.shown().to_string().contains("hush"), "{body}");
    }
}

#[tokio::test]
async fn no_answer_shows_the_access_token() {
    let server =
        VIVO.server(|seen| Say::json(200, json!({"result": 10050, "desc": seen.header("authtoken").unwrap()})));
    assert_eq!(VIVO.push(&server, &VIVO.call(&["t1"])).await.answer.shown()["desc"], "***");
}

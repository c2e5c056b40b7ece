//! Bearers that the client signs itself.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use shared::{domain::outcome::CallError, ports::clock::Clock, testing::chance::FixedClock};

use super::*;
use crate::{
    Deps, client,
    testing::{Server, deps},
};

fn bearers(server: &Server) -> BTreeSet<String> {
    server.seen().iter().map(bearer).collect()
}

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
    assert_eq!(report.answer.shown()["msg"], "Bearer ***");
    assert_eq!(server.seen()[0].path, format!("/huawei/v3/{PROJECT}/messages:send"));
}

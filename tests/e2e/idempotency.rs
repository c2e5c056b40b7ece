//! Repeats of calls with an `Idempotency-Key`.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use shared::domain::outcome::PushStatus;

use crate::harness::{FCM, Tenant, World, canary, message};

async fn post(tenant: &Tenant<'_>, body: &Value, key: &str) -> (u16, Value) {
    let call = tenant.app.call(Method::POST, "/messages/users").idempotency_key(key).json(body);
    let answer = call.send().await.unwrap();
    (answer.status, answer.body)
}

#[tokio::test]
async fn the_same_call_again_gets_the_first_answer_and_pushes_nothing() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("fcm", "ann").await;
    let (body, key) = (message(&["ann", "nobody"], json!({})), canary::fresh());
    let (status, first) = post(&tenant, &body, &key).await;
    assert_eq!(status, 200);
    let id = first["data"]["ann"].as_str().unwrap();
    assert_eq!(tenant.outcome("ann", id).await.status, PushStatus::Success);
    for _ in 0..3 {
        let (status, again) = post(&tenant, &body, &key).await;
        assert_eq!((status, &again["data"]), (200, &first["data"]));
    }
    // A second message proves that no push of the repeats is pending.
    let last = tenant.send_to("ann", json!({})).await;
    assert_eq!(tenant.outcome("ann", &last).await.status, PushStatus::Success);
    assert_eq!(tenant.deliveries(&phone).await.len(), 2);
}

#[tokio::test]
async fn the_same_key_for_another_body_is_refused() {
    let world = World::side_by_side().await;
    let (tenant, other) = (world.tenant().await, world.tenant().await);
    let key = canary::fresh();
    assert_eq!(post(&tenant, &message(&["ann"], json!({})), &key).await.0, 200);
    let (status, refused) = post(&tenant, &message(&["ann"], json!({})), &key).await;
    assert_eq!((status, &refused["error"]), (422, &json!("idempotency_key_reused")));
    // Another app's keys are separate.
    assert_eq!(post(&other, &message(&["ann"], json!({})), &key).await.0, 200);
    for wrong in ["x".repeat(256), "ä".to_owned()] {
        let (status, refused) = post(&tenant, &message(&["ann"], json!({})), &wrong).await;
        assert_eq!(status, 400, "{refused}");
    }
}

#[tokio::test]
async fn calls_at_the_same_time_become_one_push() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("huawei", "ann").await;
    let (body, key) = (message(&["ann"], json!({})), canary::fresh());
    let answers = join_all((0..6).map(|_| post(&tenant, &body, &key))).await;
    let mut ids: Vec<&str> = Vec::new();
    for (status, answer) in &answers {
        match status {
            200 => ids.push(answer["data"]["ann"].as_str().unwrap()),
            _ => assert_eq!((*status, &answer["error"]), (409, &json!("conflict"))),
        }
    }
    let first = ids.first().expect("one of them is answered");
    assert!(ids.iter().all(|id| id == first), "{ids:?}");
    assert_eq!(tenant.outcome("ann", first).await.status, PushStatus::Success);
    let (status, again) = post(&tenant, &body, &key).await;
    assert_eq!((status, again["data"]["ann"].as_str()), (200, Some(*first)));
    let last = tenant.send_to("ann", json!({})).await;
    assert_eq!(tenant.outcome("ann", &last).await.status, PushStatus::Success);
    assert_eq!(tenant.deliveries(&phone).await.len(), 2);
}

#[tokio::test]
async fn a_refused_call_leaves_its_key_free() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let key = canary::fresh();
    let create = async |name: &str| {
        let body = json!({"name": name, "vendor": "fcm", "credential": tenant.fcm.record()});
        tenant.app.call(Method::POST, "/notifiers").idempotency_key(&key).json(&body).send().await.unwrap().status
    };
    assert_eq!(create(FCM).await, 409);
    assert_eq!(create("another").await, 201);
    assert_eq!(create("another").await, 201);
    assert_eq!(create("a third").await, 422);
}

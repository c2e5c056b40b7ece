//! Explains a push before it is sent, and afterwards.

use reqwest::Method;
use serde_json::{Value, json};
use shared::domain::outcome::PushStatus;

use crate::harness::{Tenant, World, message};

async fn asked(tenant: &Tenant<'_>, method: Method, path: &str, body: &Value) -> Value {
    let answer = tenant.app.call(method, path).json(body).send().await.unwrap();
    answer.success().unwrap()["data"].clone()
}

#[tokio::test]
async fn what_a_dry_run_says_a_trace_repeats_after_the_push() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("huawei", "ann").await;
    let body = message(&["ann"], json!({}));
    let explained = asked(&tenant, Method::POST, "/push/explain", &body).await;
    assert!(tenant.sends(&phone).await.is_empty());

    let id = tenant.app.send(&body).await.unwrap()["ann"].clone();
    assert_eq!(tenant.outcome("ann", &id).await.status, PushStatus::Success);
    let trace = asked(&tenant, Method::GET, &format!("/push/trace/{id}?user=ann"), &json!({})).await;
    assert_eq!((&explained["verdict"], &explained["rules"]), (&trace["verdict"], &trace["rules"]));
    let (before, after) = (&explained["devices"][0], &trace["devices"][0]);
    assert_eq!((&before["device_id"], &before["vendor"]), (&after["device_id"], &after["vendor"]));
    assert_eq!(after["attempts"][0]["outcome"], "success");

    let sent: Value = serde_json::from_str(&tenant.sends(&phone).await[0].body).unwrap();
    let shown = &before["vendor_request"]["body"]["message"]["android"]["notification"];
    assert_eq!(shown["title"], sent["message"]["android"]["notification"]["title"]);
    assert!(!explained.to_string().contains(&phone.token) && !trace.to_string().contains(&phone.token));
}

#[tokio::test]
async fn a_suppression_is_explained_before_and_after() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("fcm", "ann").await;
    tenant.report(&phone, "online").await;
    let body = message(&["ann"], json!({}));
    let explained = asked(&tenant, Method::POST, "/push/explain", &body).await;
    assert_eq!((&explained["verdict"], &explained["reason"]), (&json!("skip"), &json!("user online")));
    let id = tenant.app.send(&body).await.unwrap()["ann"].clone();
    tenant.suppression("ann", &id).await;
    let trace = asked(&tenant, Method::GET, &format!("/push/trace/{id}?user=ann"), &json!({})).await;
    assert_eq!((&trace["verdict"], &trace["reason"]), (&explained["verdict"], &explained["reason"]));
}

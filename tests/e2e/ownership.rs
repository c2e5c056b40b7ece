//! A device token belongs to one user of one app at a time.

use reqwest::Method;
use serde_json::json;
use shared::domain::{outcome::PushStatus, reason::Reason};

use crate::harness::{Phone, World, canary, custom};

#[tokio::test]
async fn after_an_account_switch_only_the_second_user_is_disturbed() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("fcm", "ann").await;
    tenant.bind(&Phone { user: "bob".to_owned(), ..phone.clone() }).await;
    assert!(tenant.app.bindings("ann").await.unwrap().is_empty());

    let ids = tenant.send(&["ann", "bob"], json!({})).await;
    assert_eq!(tenant.suppression("ann", &ids["ann"]).await, Reason::NoUserExist);
    assert_eq!(tenant.outcome("bob", &ids["bob"]).await.status, PushStatus::Success);
    let [shown] = &tenant.shown(&phone).await[..] else { panic!("not one notification") };
    let custom = custom(shown);
    assert_eq!((&custom["t"], &custom["m"]), (&json!("bob"), &json!(ids["bob"])));
}

#[tokio::test]
async fn a_token_that_comes_back_serves_its_first_user_again() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("huawei", "ann").await;
    tenant.bind(&Phone { user: "bob".to_owned(), ..phone.clone() }).await;
    tenant.bind(&phone).await;
    let ids = tenant.send(&["ann", "bob"], json!({})).await;
    assert_eq!(tenant.outcome("ann", &ids["ann"]).await.status, PushStatus::Success);
    assert_eq!(tenant.suppression("bob", &ids["bob"]).await, Reason::NoUserExist);
    assert_eq!(tenant.shown(&phone).await.len(), 1);
}

#[tokio::test]
async fn the_same_token_in_another_app_is_another_matter() {
    let world = World::side_by_side().await;
    let (one, other) = (world.tenant().await, world.tenant().await);
    let phone = one.phone("fcm", "ann").await;
    other.bind(&phone).await;
    assert_eq!(one.app.bindings("ann").await.unwrap().len(), 1);
    let id = one.send_to("ann", json!({})).await;
    assert_eq!(one.outcome("ann", &id).await.status, PushStatus::Success);
    assert_eq!(world.stack.cloud.message(&other.key, "ann", &id).await.unwrap(), None);
}

#[tokio::test]
async fn a_user_binds_and_unbinds_for_itself_only() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let token = tenant.app.user_token("ann").await.unwrap();
    canary::note(&token);
    let phone = Phone::new("huawei", "ann");
    let bind = async |user: &str, device_token: &str| {
        let body = json!({"device_id": phone.device, "device_token": device_token, "notifier_name": phone.notifier()});
        let path = format!("/users/{user}/push/binding");
        tenant.app.anonymous_call(Method::PUT, &path).bearer(&token).json(&body).send().await.unwrap()
    };
    let bound = bind("ann", &phone.token).await;
    assert_eq!((bound.status, bound.body["entities"][0]["device_token"].as_str()), (200, Some(phone.token.as_str())));
    assert_eq!(bind("bob", &phone.token).await.status, 403);
    assert_eq!(tenant.app.bindings("ann").await.unwrap().len(), 1);
    let unbound = bind("ann", "").await;
    assert_eq!((unbound.status, &unbound.body["entities"]), (200, &json!([])));
    assert!(tenant.app.bindings("ann").await.unwrap().is_empty());
}

//! Messages to groups, on the deployed stack.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Phone, Tenant, World, custom, until};

async fn call(tenant: &Tenant<'_>, method: Method, path: &str, body: Value) -> Value {
    tenant.app.call(method, path).json(&body).send().await.unwrap().success().unwrap()
}

async fn send(tenant: &Tenant<'_>, path: &str, change: Value) -> String {
    let mut message = json!({"from": "carol", "to": ["birds"], "type": "txt", "body": {"msg": "hello"}});
    message.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    call(tenant, Method::POST, path, message).await["data"]["birds"].as_str().unwrap().to_owned()
}

/// Waits until the phone shows this many notifications.
async fn shows(tenant: &Tenant<'_>, phone: &Phone, number: usize) {
    until(&format!("{number} notifications for {}", phone.user), async || {
        (tenant.shown(phone).await.len() == number).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_group_message_reaches_its_members_and_not_its_sender_nor_who_wants_mentions_only() {
    let world = World::side_by_side().await;
    let tenant = world.tenant_with(json!({"advanced_push": true})).await;
    let ann = tenant.phone("fcm", "ann").await;
    let bob = tenant.phone("huawei", "bob").await;
    let carol = tenant.phone("fcm", "carol").await;
    let dan = tenant.phone("huawei", "dan").await;
    let group = json!({"groupid": "birds", "members": ["ann", "bob", "carol"]});
    call(&tenant, Method::POST, "/chatgroups", group).await;
    call(&tenant, Method::POST, "/chatgroups/birds/users", json!({"usernames": ["dan"]})).await;
    call(&tenant, Method::PUT, "/users/dan/notification/chatgroup/birds", json!({"type": "AT"})).await;

    let id = send(&tenant, "/messages/chatgroups", json!({})).await;
    shows(&tenant, &ann, 1).await;
    shows(&tenant, &bob, 1).await;
    assert_eq!(custom(&tenant.shown(&ann).await[0]), json!({"f": "carol", "g": "birds", "m": id}));

    send(&tenant, "/messages/chatgroups", json!({"ext": {"em_at_list": ["dan"]}})).await;
    shows(&tenant, &dan, 1).await;
    shows(&tenant, &ann, 2).await;

    call(&tenant, Method::DELETE, "/chatgroups/birds/users/ann,bob", json!({})).await;
    send(&tenant, "/messages/chatgroups/users", json!({"users": ["dan"], "ext": {"em_at_list": "all"}})).await;
    shows(&tenant, &dan, 2).await;
    let members = call(&tenant, Method::GET, "/chatgroups/birds/users", json!({})).await;
    assert_eq!(members["data"], json!([{"member": "carol"}, {"member": "dan"}]));
    assert_eq!(tenant.sends(&carol).await.len(), 0);
    assert_eq!(tenant.sends(&ann).await.len(), 2);
}

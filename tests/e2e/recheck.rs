//! Receivers with stale presence, on the deployed stack.

use std::time::Duration;

use curlew_tests::stack::Event;
use reqwest::Method;
use serde_json::{Value, json};
use shared::domain::reason::Reason;

use crate::harness::{Phone, Tenant, World, until};

/// How long a device without heartbeats counts as connected here.
const LEASE: Duration = Duration::from_secs(12);

/// Returns a phone whose last heartbeat is three seconds old. It sends no other.
async fn silent_phone(tenant: &Tenant<'_>, vendor: &'static str, user: &str) -> Phone {
    let phone = tenant.phone(vendor, user).await;
    let now = Event::now(&phone.user, &phone.device, "s1", "online");
    let results = tenant.app.report(&[Event { ts: now.ts - 3_000, ..now }]).await.unwrap();
    assert_eq!(results[0]["result"], "applied");
    phone
}

async fn acknowledge(tenant: &Tenant<'_>, user: &str, ack: Value) -> Value {
    let path = format!("/users/{user}/offline_messages/ack");
    let answer = tenant.app.call(Method::POST, &path).json(&ack).send().await.unwrap();
    answer.success().unwrap()["data"].clone()
}

#[tokio::test]
async fn who_is_gone_is_pushed_at_the_recheck_and_who_acknowledged_is_not() {
    let world = World::side_by_side().await;
    let settings = json!({
        "presence_lease_seconds": LEASE.as_secs(), "presence_heartbeat_seconds": 1,
        "online_recheck": {"enabled": true, "seconds": 1},
    });
    let tenant = world.tenant_with(settings).await;
    let mut phones = Vec::new();
    for (vendor, user) in [("fcm", "ann"), ("huawei", "bob"), ("fcm", "cat"), ("huawei", "dan")] {
        phones.push(silent_phone(&tenant, vendor, user).await);
    }
    let ids = tenant.send(&["ann", "bob", "cat"], json!({})).await;
    let group = json!({"groupid": "birds", "members": ["cat", "dan"]});
    tenant.app.call(Method::POST, "/chatgroups").json(&group).send().await.unwrap().success().unwrap();
    let message = json!({"from": "carol", "to": ["birds"], "type": "txt", "body": {"msg": "hello"}});
    let answer = tenant.app.call(Method::POST, "/messages/chatgroups").json(&message).send().await.unwrap();
    let of_group = answer.success().unwrap()["data"]["birds"].clone();

    let one = json!({"acked": 1, "remaining": 0});
    assert_eq!(acknowledge(&tenant, "bob", json!({"msg_ids": [ids["bob"]]})).await, one);
    // The group's message and the earlier one.
    let both = json!({"acked": 2, "remaining": 0});
    assert_eq!(acknowledge(&tenant, "cat", json!({"up_to": of_group})).await, both);

    assert_eq!(tenant.suppression("bob", &ids["bob"]).await, Reason::MessageDelivered);
    assert_eq!(tenant.suppression("cat", &ids["cat"]).await, Reason::MessageDelivered);
    for gone in [&phones[0], &phones[3]] {
        until("a push at the recheck", async || (tenant.shown(gone).await.len() == 1).then_some(())).await;
    }
    for here in [&phones[1], &phones[2]] {
        assert_eq!(tenant.sends(here).await.len(), 0, "{}", here.user);
    }
}

//! Notifications that leave phones: the message was read on another device, or its sender took it back.

use curlew_tests::simulators::{DeviceView, Endpoint, Filter};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{HUAWEI, Phone, Tenant, World, until};

/// Ann's phone and tablet, both offline.
struct Ann<'w> {
    tenant: Tenant<'w>,
    phone: Phone,
    tablet: Phone,
}

impl<'w> Ann<'w> {
    async fn of(world: &'w World, settings: Value) -> Self {
        let tenant = world.tenant_with(settings).await;
        // Huawei's Android revokes where the notifier says so. Functions cache it from the first push on.
        tenant.app.change_notifier(HUAWEI, &json!({"options": {"revoke": "on"}})).await.unwrap();
        let (phone, tablet) = (tenant.phone("fcm", "ann").await, tenant.phone("huawei", "ann").await);
        Self { tenant, phone, tablet }
    }

    /// Sends a message, and waits until both devices show it.
    async fn gets(&self) -> String {
        let id = self.tenant.send_to("ann", json!({})).await;
        self.tenant.ended("ann", &id).await;
        id
    }

    /// Waits until a device shows just these messages.
    async fn shows(&self, device: &Phone, ids: &[&str]) {
        until(&format!("{ids:?} on {}", device.vendor), async || {
            (shown(&self.tenant, device).await == ids).then_some(())
        })
        .await;
    }

    /// Returns what reached the phone's app without being shown.
    async fn told(&self) -> Vec<Value> {
        let DeviceView { data, .. } = self.tenant.world.stack.vendors.device("fcm", &self.phone.token).await.unwrap();
        data.into_iter().map(|delivery| delivery.notice.data).collect()
    }
}

/// Returns the ids of the messages that a device shows, oldest first.
async fn shown(tenant: &Tenant<'_>, device: &Phone) -> Vec<String> {
    let ids = |data: Value| data["m"].as_str().unwrap().to_owned();
    tenant.shown(device).await.iter().map(|shown| ids(crate::harness::custom(shown))).collect()
}

#[tokio::test]
async fn what_the_tablet_reads_leaves_the_phone() {
    let world = World::side_by_side().await;
    let ann = Ann::of(&world, json!({"clear_when_read": true})).await;
    let (kept, read) = (ann.gets().await, ann.gets().await);
    let mut live = ann.tenant.connect(&ann.tablet).await;
    live.receives(&[&kept, &read]).await;
    live.acknowledge(&[&read]).await;
    ann.shows(&ann.phone, &[&kept]).await;
    ann.shows(&ann.tablet, &[&kept, &read]).await;
    let [told] = &ann.told().await[..] else { panic!("one data message") };
    assert_eq!((&told["revoke"], &told["m"]), (&json!(read), &json!(read)), "FCM tells the phone's app: {told}");
}

#[tokio::test]
async fn what_the_phone_reads_leaves_the_tablet() {
    let world = World::side_by_side().await;
    let ann = Ann::of(&world, json!({"clear_when_read": true})).await;
    let (kept, read) = (ann.gets().await, ann.gets().await);
    let ack = json!({"msg_ids": [read], "device_id": ann.phone.device});
    let call = ann.tenant.app.call(Method::POST, "/users/ann/offline_messages/ack").json(&ack);
    assert_eq!(call.send().await.unwrap().success().unwrap()["data"]["acked"], 1);
    ann.shows(&ann.tablet, &[&kept]).await;
    ann.shows(&ann.phone, &[&kept, &read]).await;
    let revoked = Filter::vendor("huawei").at(Endpoint::Revoke).for_token(&ann.tablet.token);
    assert_eq!(world.stack.vendors.requests(&revoked).await.unwrap().len(), 1);
    assert!(ann.told().await.is_empty());
}

#[tokio::test]
async fn a_recalled_message_leaves_every_device_and_waits_no_more() {
    let world = World::side_by_side().await;
    let ann = Ann::of(&world, json!({})).await;
    let (kept, recalled) = (ann.gets().await, ann.gets().await);
    let recall = json!({"msg_id": recalled, "to": "ann", "chat_type": "chat", "force": false});
    let call = ann.tenant.app.call(Method::POST, "/messages/msg_recall").json(&recall);
    assert_eq!(call.send().await.unwrap().success().unwrap()["data"]["recalled"], "yes");
    for device in [&ann.phone, &ann.tablet] {
        ann.shows(device, &[&kept]).await;
    }
    let waiting = ann.tenant.app.call(Method::GET, "/users/ann/offline_messages").send().await.unwrap();
    let waiting = waiting.success().unwrap()["data"].take();
    assert_eq!((waiting.as_array().unwrap().len(), &waiting[0]["msg_id"]), (1, &json!(kept)));
}

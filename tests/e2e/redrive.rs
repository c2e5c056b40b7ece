//! `make dead-letters` and `make redrive`: what is moved back is delivered, once, and a second run changes nothing.

use serde_json::json;
use shared::domain::outcome::PushStatus;

use crate::harness::{Said, World, canary, operator_command, until};

const UNREADABLE: &str = "not a record of this queue: data error at line 1, column 7";
const POISON: &str = "not a record of this queue: syntax error at line 1, column 2";
const CRASHED: &str = "no reason";

/// Moves the dead letters of a queue back whose reason contains this text. Returns how many.
async fn redrive(world: &World, queue: &str, reason: &str) -> usize {
    let said =
        operator_command(world, "dead_letters", &["redrive", "--queue", queue, "--reason", reason, "--apply"]).await;
    assert!(said.success, "{}", said.text);
    let (before, _) = said.text.split_once(" records moved back").expect("a summary");
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).expect("a number")
}

async fn list(world: &World, queue: &str) -> Said {
    operator_command(world, "dead_letters", &["list", "--queue", queue]).await
}

#[tokio::test]
async fn dead_letters_go_back_and_are_delivered_once() {
    let world = World::alone().await;
    let (tenant, cloud) = (world.tenant().await, &world.stack.cloud);
    let (ann, bob) = (tenant.phone("fcm", "ann").await, tenant.phone("fcm", "bob").await);
    let before = cloud.depth("DispatchDeadLetterQueue").await.unwrap();
    // Records of other tests stay.
    let held = cloud.depth("DispatchQueue").await.unwrap();

    // check-presence cannot read bob's message, and crashes on ann's.
    let (for_bob, body, for_ann) = world
        .while_paused("CheckPresence", async || {
            let for_bob = tenant.send_to("bob", json!({})).await;
            let body = cloud.take_record("DispatchQueue").await.unwrap();
            cloud.dead_letter("DispatchDeadLetterQueue", &body, UNREADABLE).await.unwrap();
            cloud.dead_letter("DispatchDeadLetterQueue", &canary::secret(), POISON).await.unwrap();
            let for_ann = tenant.send_to("ann", json!({})).await;
            cloud.exhaust("DispatchQueue").await.unwrap();
            (for_bob, body, for_ann)
        })
        .await;
    world.holds("DispatchDeadLetterQueue", before + 3).await;
    let said = list(&world, "dispatch").await;
    for part in [CRASHED, UNREADABLE, POISON, &for_ann, &for_bob] {
        assert!(said.success && said.text.contains(part), "{part}: {}", said.text);
    }
    assert!(!said.text.contains(canary::mark()), "{}", said.text);
    let dry = operator_command(&world, "dead_letters", &["redrive", "--queue", "dispatch"]).await;
    assert!(dry.success && dry.text.contains(" records would go back"), "{}", dry.text);
    world.holds("DispatchDeadLetterQueue", before + 3).await;

    assert_eq!((redrive(&world, "dispatch", UNREADABLE).await, redrive(&world, "dispatch", CRASHED).await), (1, 1));
    for (phone, id) in [(&ann, &for_ann), (&bob, &for_bob)] {
        assert_eq!(tenant.outcome(&phone.user, id).await.status, PushStatus::Success);
        assert_eq!(tenant.deliveries(phone).await.len(), 1);
    }

    // A run that was interrupted leaves the record on both queues.
    cloud.dead_letter("DispatchDeadLetterQueue", &body, UNREADABLE).await.unwrap();
    assert_eq!(redrive(&world, "dispatch", UNREADABLE).await, 1);
    assert_eq!((redrive(&world, "dispatch", UNREADABLE).await, redrive(&world, "dispatch", CRASHED).await), (0, 0));
    for (queue, held) in [("DispatchQueue", held), ("PushFcmQueue", 0)] {
        until("a queue as before", async || (cloud.depth(queue).await.unwrap() <= held).then_some(())).await;
    }
    assert_eq!(tenant.deliveries(&bob).await.len(), 1);
    let poison = until("the poison", async || {
        let seen = cloud.dead_lettered("DispatchDeadLetterQueue").await.unwrap();
        seen.into_iter().find(|one| one.reason.as_deref() == Some(POISON))
    });
    cloud.remove("DispatchDeadLetterQueue", &poison.await).await.unwrap();
    world.holds("DispatchDeadLetterQueue", before).await;
}

#[tokio::test]
async fn a_vendors_dead_letters_go_back_and_are_delivered_once() {
    let world = World::alone().await;
    let (tenant, cloud) = (world.tenant().await, &world.stack.cloud);
    let (ann, bob) = (tenant.phone("fcm", "ann").await, tenant.phone("fcm", "bob").await);
    let before = cloud.depth("PushFcmDeadLetterQueue").await.unwrap();
    let (for_ann, for_bob) = world
        .while_paused("PushFcm", async || {
            let held = cloud.depth("PushFcmQueue").await.unwrap();
            let ids = (tenant.send_to("ann", json!({})).await, tenant.send_to("bob", json!({})).await);
            world.holds("PushFcmQueue", held + 2).await;
            cloud.exhaust("PushFcmQueue").await.unwrap();
            ids
        })
        .await;
    world.holds("PushFcmDeadLetterQueue", before + 2).await;
    assert_eq!((redrive(&world, "push-fcm", CRASHED).await, redrive(&world, "push-fcm", CRASHED).await), (2, 0));
    for (phone, id) in [(&ann, &for_ann), (&bob, &for_bob)] {
        assert_eq!(tenant.outcome(&phone.user, id).await.status, PushStatus::Success);
        assert_eq!(tenant.deliveries(phone).await.len(), 1);
    }
    world.holds("PushFcmDeadLetterQueue", before).await;
}

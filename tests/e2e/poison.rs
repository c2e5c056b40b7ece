//! Poison records: each is dead-lettered alone, and waits for a person.

use curlew_tests::stack::DeadLetter;
use serde_json::json;
use shared::{crypto::system::System, domain::outcome::PushStatus, ports::clock::Clock};

use crate::harness::{World, canary, until};

/// Returns records of unknown form, and why each is dead-lettered.
fn poison() -> Vec<(String, &'static str)> {
    let secret = canary::secret();
    vec![
        (format!("no JSON but {secret}"), "not a record of this queue: syntax error at line 1, column 2"),
        (json!({"v": "99", "app": secret}).to_string(), "not a record of this queue: data error"),
        (json!({"v": "1", "app": secret}).to_string(), "not a record of this queue: data error"),
        (format!("{{\"v\":\"1\",\"app\":\"{secret}"), "not a record of this queue: end of text at line 1, column"),
        (json!([secret]).to_string(), "not a record of this queue: data error"),
    ]
}

#[tokio::test]
async fn poison_on_the_dispatch_queue_delays_no_neighbour() {
    between_neighbours("CheckPresence", "Dispatch", "fcm").await;
}

#[tokio::test]
async fn poison_on_a_vendors_queue_delays_no_neighbour() {
    between_neighbours("PushFcm", "PushFcm", "fcm").await;
    between_neighbours("PushHuawei", "PushHuawei", "huawei").await;
}

async fn between_neighbours(function: &str, queue: &str, vendor: &'static str) {
    let world = World::alone().await;
    let (queue, dead_letters) = (&format!("{queue}Queue"), &format!("{queue}DeadLetterQueue"));
    let (tenant, cloud) = (world.tenant().await, &world.stack.cloud);
    let (ann, bob) = (tenant.phone(vendor, "ann").await, tenant.phone(vendor, "bob").await);
    let (before, began) = (cloud.depth(dead_letters).await.unwrap(), System::default().now());
    let poison = poison();

    let (first, second, held) = world
        .while_paused(function, async || {
            // Records of other tests stay.
            let held = cloud.depth(queue).await.unwrap();
            let first = tenant.send_to("ann", json!({})).await;
            world.holds(queue, held + 1).await;
            for (body, _) in &poison {
                // The record was received twice in vain, so this is its last try.
                cloud.put_record(queue, body, 2).await.unwrap();
            }
            let second = tenant.send_to("bob", json!({})).await;
            world.holds(queue, held + 2 + poison.len() as u64).await;
            (first, second, held)
        })
        .await;

    for (phone, id) in [(&ann, first), (&bob, second)] {
        let outcome = tenant.outcome(&phone.user, &id).await;
        assert_eq!((outcome.status, outcome.attempts), (PushStatus::Success, 1));
        assert_eq!(tenant.shown(phone).await.len(), 1);
    }
    for (body, reason) in &poison {
        let dead_lettered: DeadLetter = until("the record on the dead-letter queue", async || {
            cloud
                .dead_lettered(dead_letters)
                .await
                .unwrap()
                .into_iter()
                .find(|dead_lettered| dead_lettered.body == *body)
        })
        .await;
        let said = dead_lettered.reason.as_deref().unwrap_or_default();
        assert!(said.starts_with(reason), "{said}");
        until("the reason in the log", async || {
            let lines = world.stack.logs.lines(&format!("{function}LogGroup"), began.as_millis()).await.unwrap();
            lines.iter().any(|line| line.contains("a record is dead-lettered") && line.contains(said)).then_some(())
        })
        .await;
        cloud.remove(dead_letters, &dead_lettered).await.unwrap();
    }
    until("a queue as before", async || (cloud.depth(queue).await.unwrap() <= held).then_some(())).await;
    assert_eq!(cloud.depth(dead_letters).await.unwrap(), before);
}

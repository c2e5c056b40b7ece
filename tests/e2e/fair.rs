//! Checks that one app's burst does not delay another app's messages. Every record names its app as the SQS message
//! group.

use serde_json::{Value, json};

use crate::harness::{World, until};

#[tokio::test]
async fn every_record_names_its_app_as_its_message_group() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    tenant.phone("fcm", "ann").await;
    let group = json!({"groupid": "birds", "members": ["ann"]});
    tenant.app.call(reqwest::Method::POST, "/chatgroups").json(&group).send().await.unwrap().success().unwrap();
    let message = json!({"from": "carol", "to": ["birds"], "type": "txt", "body": {"msg": "hello"}});
    tenant.send_to("ann", json!({})).await;
    tenant
        .app
        .call(reqwest::Method::POST, "/messages/chatgroups")
        .json(&message)
        .send()
        .await
        .unwrap()
        .success()
        .unwrap();

    let app = tenant.key.to_string();
    let own = async || -> Vec<(String, Value)> {
        let records = world.stack.sent.records().await.unwrap().into_iter();
        let body = |entry: &Value| entry["MessageBody"].as_str().unwrap_or_default().to_owned();
        let own = records.filter(|record| body(&record.entry).contains(&format!("\"app\":\"{app}\"")));
        own.map(|record| (record.queue, record.entry["MessageGroupId"].clone())).collect()
    };
    let sent = until("a record of each kind", async || {
        let own = own().await;
        (own.len() == 4).then_some(own)
    })
    .await;
    assert!(sent.iter().all(|(_, group)| *group == app), "{sent:?}");
    assert_eq!(sent.iter().filter(|(queue, _)| queue.ends_with("-dispatch")).count(), 2);
}

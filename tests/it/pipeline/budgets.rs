//! Short messages with large results: rendering, traces and queue records stay within their limits, and other messages
//! are pushed.

use curlew_tests::simulators::huawei;
use serde_json::{Value, json};
use shared::{
    domain::{
        id::{MessageId, TemplateName},
        line::{MAX_BODY_BYTES, MAX_TITLE_BYTES},
        template::Template,
        vendor::Vendor,
    },
    ports::{apps::ManageApps, clock::Clock, queue::MAX_RECORD_BYTES},
};

use super::harness::{FCM, HUAWEI, Stack, TestApp};

/// Returns an app with templates of an older version. An argument occurs hundreds of times in them.
async fn app_with_old_template(stack: &Stack) -> TestApp {
    let app = stack.app("chat", json!({"advanced_push": true, "max_bindings": 100})).await;
    let now = stack.clock.now();
    let template = Template {
        name: TemplateName::parse("old").unwrap(),
        title_pattern: "{0}".repeat(341),
        content_pattern: "{0}".repeat(341),
        created_at: now,
        updated_at: now,
    };
    stack.apps.create_template(&app.key, &template).await.unwrap();
    app
}

/// Returns a message of about 5 KB whose argument needs six bytes for each character in JSON.
fn multiplying() -> Value {
    let argument = "\u{1}".repeat(400);
    json!({"em_push_template": {"name": "old", "title_args": [argument], "content_args": [argument]}})
}

async fn content_inputs(stack: &Stack, app: &TestApp, id: MessageId) -> Value {
    let path = app.path(&format!("push/trace/{id}?user=ann"));
    let answer = stack.ok("GET", &path, &app.token, json!({})).await;
    let rules = answer["data"]["rules"].as_array().unwrap().clone();
    rules.into_iter().find(|rule| rule["rule"] == "content").unwrap()["inputs"].clone()
}

#[tokio::test]
async fn a_text_that_multiplies_is_cut_and_said_to_be_and_its_neighbour_is_pushed() {
    let stack = Stack::start();
    let app = app_with_old_template(&stack).await;
    let tokens = [huawei::device_token(), huawei::device_token()];
    for (user, token) in ["ann", "bob"].into_iter().zip(&tokens) {
        stack.bind(&app, user, "phone", HUAWEI, token).await;
    }
    let id = stack.send(&app, &["ann"], json!({"ext": multiplying()})).await[0];
    stack.send(&app, &["bob"], json!({})).await;
    stack.drain().await;
    assert_eq!(stack.shown("huawei", &tokens[1]), 1);
    assert!(stack.dead_letters.is_empty());
    let inputs = content_inputs(&stack, &app, id).await;
    assert_eq!(inputs, json!({"source": "sender_template", "template": "old", "cut": ["title", "content"]}));

    let asked = json!({"from": "sender", "to": ["ann"], "type": "txt", "body": {"msg": "x"}, "ext": multiplying()});
    let explained = stack.ok("POST", &app.path("push/explain"), &app.token, asked).await;
    let shown = &explained["data"]["devices"][0]["notification"];
    assert_eq!(shown["title"].as_str().map(str::len), Some(MAX_TITLE_BYTES));
    assert_eq!(shown["content"].as_str().map(str::len), Some(MAX_BODY_BYTES));
}

#[tokio::test]
async fn a_user_with_a_hundred_devices_and_the_longest_tokens_is_queued_in_records_that_a_queue_takes() {
    let stack = Stack::start();
    let app = app_with_old_template(&stack).await;
    for number in 0..100 {
        let token = format!("{number:03}{}", "\\".repeat(4093));
        stack.bind(&app, "ann", &format!("{number:03}{}", "d".repeat(125)), FCM, &token).await;
    }
    stack.send(&app, &["ann"], json!({"ext": multiplying()})).await;
    let records = stack.dispatch_queue.take(10);
    stack.dispatch_batch(&records, 1).await;
    assert!(stack.dispatch_queue.is_empty() && stack.dead_letters.is_empty());
    let queue = stack.push_queues.of(Vendor::Fcm);
    assert!(queue.records().iter().all(|record| record.body.len() <= MAX_RECORD_BYTES));
    let jobs = queue.push_jobs();
    let devices = jobs.iter().flat_map(|job| &job.receivers).map(|receiver| receiver.devices.len());
    assert_eq!(devices.sum::<usize>(), 100);
}

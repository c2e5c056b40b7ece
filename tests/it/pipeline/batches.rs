//! Many one-to-one messages in one call.

use curlew_tests::simulators::{fcm, huawei};
use serde_json::{Value, json};
use shared::domain::{decision::Verdict, id::MessageId, vendor::Vendor};

use super::harness::{FCM, HUAWEI, Stack, TestApp};

async fn send(stack: &Stack, app: &TestApp, messages: Value, key: &str) -> (u16, Value) {
    let headers: &[(&str, &str)] = if key.is_empty() { &[] } else { &[("idempotency-key", key)] };
    let body = json!({ "messages": messages }).to_string();
    stack.call_with("POST", &app.path("messages/batch"), &app.token, headers, body).await
}

fn text(to: &str, text: &str) -> Value {
    json!({"from": "carol", "to": [to], "type": "txt", "body": {"msg": text}, "ext": {"em_push_ext": {"content": text}}})
}

#[tokio::test]
async fn every_message_of_a_batch_reaches_its_own_receiver_and_a_bad_one_costs_itself_only() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let (ann, bob) = (fcm::device_token(), huawei::device_token());
    stack.bind(&app, "ann", "phone", FCM, &ann).await;
    stack.bind(&app, "bob", "phone", HUAWEI, &bob).await;
    let many = json!({"from": "carol", "to": ["ann", "bob"], "type": "txt", "body": {"msg": "x"}});
    let smoke = json!({"from": "carol", "to": ["ann"], "type": "smoke", "body": {"msg": "x"}});
    let large = text("ann", &"x".repeat(5 * 1024));
    let messages = json!([text("ann", "one"), smoke, text("bob", "two"), many, 7, large, text("ann", "three")]);
    let (status, answer) = send(&stack, &app, messages, "").await;
    assert_eq!(status, 200);
    let answers = answer["data"].as_array().unwrap();
    let receivers: Vec<&Value> = answers.iter().map(|answer| &answer["to"]).collect();
    let none = &Value::Null;
    assert_eq!(receivers, [&json!("ann"), none, &json!("bob"), none, none, none, &json!("ann")]);
    assert_eq!(answers[1]["error_description"], "type must be one of: txt, img, audio, video, file, loc, cmd, custom");
    assert_eq!(answers[3]["error_description"], "to must name one user");
    assert_eq!(answers[4]["error_description"], "a message must be a JSON object");
    assert_eq!((&answers[5]["error"], &answers[5]["error_code"]), (&json!("message_send_error"), &json!(14007)));

    stack.drain().await;
    let bodies = |vendor: &str, token: &str| -> Vec<String> {
        let shade = stack.simulators.device(vendor, token).shade;
        shade.into_iter().map(|shown| shown.delivery.notice.body.unwrap_or_default()).collect()
    };
    let (mut anns, bobs) = (bodies("fcm", &ann), bodies("huawei", &bob));
    anns.sort();
    assert_eq!((anns, bobs), (vec!["one".to_owned(), "three".to_owned()], vec!["two".to_owned()]));
}

#[tokio::test]
async fn a_batch_is_repeated_with_its_first_answer_and_every_message_has_an_id_of_its_own() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = fcm::device_token();
    stack.bind(&app, "ann", "phone", FCM, &token).await;
    let messages = json!([text("ann", "one"), text("ann", "one")]);
    let (_, first) = send(&stack, &app, messages.clone(), "k1").await;
    assert_ne!(first["data"][0]["msg_id"], first["data"][1]["msg_id"]);
    let (_, again) = send(&stack, &app, messages, "k1").await;
    assert_eq!(first["data"], again["data"]);
    stack.drain().await;
    assert_eq!(stack.shown("fcm", &token), 2);
}

#[tokio::test]
async fn a_batch_that_a_store_cuts_off_goes_on_with_the_ids_it_began_with() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = fcm::device_token();
    stack.bind(&app, "ann", "phone", FCM, &token).await;
    let messages = json!([text("ann", "one"), text("ann", "two")]);
    stack.dispatch_queue.faults.fail_next(1);
    assert_eq!(send(&stack, &app, messages.clone(), "k1").await.0, 503);
    let stored: Vec<String> =
        stack.messages.all(&app.key).iter().map(|(receiver, _)| receiver.msg_id.to_string()).collect();
    let (status, answer) = send(&stack, &app, messages, "k1").await;
    assert_eq!(status, 200);
    for answer in answer["data"].as_array().unwrap() {
        assert!(stored.iter().any(|id| answer["msg_id"] == id.as_str()), "{answer} {stored:?}");
    }
    stack.drain().await;
    assert_eq!(stack.shown("fcm", &token), 2);
}

#[tokio::test]
async fn a_batch_of_none_or_too_many_is_refused() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let many: Vec<Value> = (0..101).map(|_| text("ann", "x")).collect();
    for messages in [json!([]), json!(many)] {
        let (status, answer) = send(&stack, &app, messages, "").await;
        assert_eq!((status, &answer["error_description"]), (400, &json!("messages must have 1 to 100 entries")));
    }
}

#[tokio::test]
async fn the_messages_of_a_batch_share_records_and_part_when_one_may_have_failed() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let users = ["u1", "u2", "u3"];
    let tokens = users.map(|_| fcm::device_token());
    for (user, token) in users.iter().zip(&tokens) {
        stack.bind(&app, user, "phone", FCM, token).await;
    }
    send(&stack, &app, json!(users.map(|user| text(user, "hi"))), "").await;
    let records = stack.dispatch_queue.take(10);
    assert_eq!(records.len(), 1);
    // It is not known which of the records failed the first time.
    stack.dispatch_batch(&records, 2).await;
    let alone = stack.dispatch_queue.take(10);
    assert_eq!(alone.len(), users.len());
    assert!(alone.iter().all(|record| record.contains("\"repeat\":true")));
    stack.dispatch_batch(&alone, 1).await;
    stack.drain().await;
    assert_eq!(tokens.map(|token| stack.delivered("fcm", &token)), [1; 3]);
}

#[tokio::test]
async fn whatever_fails_on_the_way_every_message_of_a_batch_is_decided_and_arrives_once() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let users: Vec<String> = (0..60).map(|number| format!("u{number}")).collect();
    let mut phones = Vec::new();
    for (number, user) in users.iter().enumerate().filter(|(number, _)| !number.is_multiple_of(3)) {
        let (vendor, notifier, token) = match number % 3 {
            1 => ("fcm", FCM, fcm::device_token()),
            _ => ("huawei", HUAWEI, huawei::device_token()),
        };
        stack.bind(&app, user, "phone", notifier, &token).await;
        phones.push((vendor, token));
    }
    stack.users.faults.fail_next_of("facts", 5);
    stack.push_queues.of(Vendor::Fcm).faults.fail_next_of("queue_push", 2);
    stack.push_queues.of(Vendor::Huawei).faults.lose_answer_of("queue_push", 1);
    stack.messages.faults.fail_next_of("record_decision", 2);
    stack.messages.faults.lose_answer_of("record_decision", 1);
    let messages: Vec<Value> = users.iter().map(|user| text(user, "hi")).collect();
    let (status, answer) = send(&stack, &app, json!(messages), "").await;
    assert_eq!(status, 200);
    stack.drain().await;

    let queues = [Vendor::Fcm, Vendor::Huawei].map(|vendor| stack.push_queues.of(vendor).faults.left());
    assert_eq!((stack.users.faults.left(), stack.messages.faults.left(), queues), (0, 0, [0, 0]));
    for (vendor, token) in &phones {
        assert_eq!(stack.delivered(vendor, token), 1, "{vendor}");
    }
    for sent in answer["data"].as_array().unwrap() {
        let id = MessageId::parse(sent["msg_id"].as_str().unwrap()).unwrap();
        let decision = stack.decision(&app, sent["to"].as_str().unwrap(), id).await;
        let number: usize = sent["to"].as_str().unwrap()[1..].parse().unwrap();
        assert_eq!(decision.verdict == Verdict::Push, !number.is_multiple_of(3), "{sent}");
    }
    assert!(stack.dead_letters.is_empty());
}

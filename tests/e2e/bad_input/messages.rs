//! Bad input for messages.

use reqwest::Method;
use serde_json::{Value, json};

use super::{refusal, with};
use crate::harness::{World, message};

#[tokio::test]
async fn a_message_that_breaks_a_rule_is_refused_by_name_and_sent_to_nobody() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("fcm", "ann").await;
    let good = message(&["ann"], json!({}));
    let many: Vec<String> = (0..601).map(|index| format!("u{index}")).collect();
    let types = "type must be one of: txt, img, audio, video, file, loc, cmd, custom";
    let cases = [
        ("from", json!(""), "param from can't be empty"),
        ("from", json!(7), "from must be a string"),
        ("from", json!("no blanks"), "from must be 1 to 64 characters"),
        ("to", Value::Null, "param to can't be empty"),
        ("to", json!([]), "param to can't be empty"),
        ("to", json!("ann"), "to must be an array of user ids"),
        ("to", json!(["ann", 7]), "to[1] must be a string"),
        ("to", json!(["ann", "x".repeat(65)]), "to[1] must be 1 to 64 characters"),
        ("to", json!(many), "params to's size can't exceed limit 600"),
        ("type", Value::Null, "param type can't be empty"),
        ("type", json!(["txt"]), "type must be a string"),
        ("type", json!("smoke"), types),
        ("body", Value::Null, "param body can't be empty"),
        ("body", json!({}), "param body can't be empty"),
        ("body", json!("text"), "body must be an object"),
        ("body", json!({"text": "x"}), "body.msg is required"),
        ("body", json!({"msg": 7}), "body.msg must be a string"),
        ("ext", json!("text"), "param ext must be JSONObject"),
        ("ext", json!([]), "param ext must be JSONObject"),
        ("routetype", json!("ROUTE_66"), "routetype must be ROUTE_ONLINE if given"),
        ("push_ttl", json!(59), "push_ttl must be 60 to 86400 seconds"),
        ("push_ttl", json!(86_401), "push_ttl must be 60 to 86400 seconds"),
        ("push_ttl", json!("60"), "push_ttl must be a whole number"),
    ];
    for (field, value, text) in cases {
        let call = tenant.app.call(Method::POST, "/messages/users").json(&with(&good, field, value));
        let (status, error, said) = refusal(call).await;
        assert_eq!((status, error.as_str()), (400, "message_send_error"), "{text}: {said}");
        assert!(said.starts_with(text), "{said:?} does not begin like {text:?}");
    }
    let null = tenant.app.call(Method::POST, "/messages/users");
    let mut body = good.clone();
    body["ext"] = Value::Null;
    assert_eq!(refusal(null.json(&body)).await.2, "param ext must be JSONObject");
    assert!(tenant.sends(&phone).await.is_empty());
}

#[tokio::test]
async fn a_message_of_five_kilobytes_passes_and_a_byte_more_does_not() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let sized = |bytes: usize| {
        let (frame, ext) = (r#"{"msg":""}"#.len(), json!({"k": "v"}));
        let text = "x".repeat(bytes - frame - ext.to_string().len());
        json!({"to": ["ann"], "type": "txt", "body": {"msg": text}, "ext": ext})
    };
    assert!(tenant.app.send(&sized(5 * 1024)).await.is_ok());
    let large = tenant.app.call(Method::POST, "/messages/users").json(&sized(5 * 1024 + 1)).send().await.unwrap();
    assert_eq!(large.status, 413);
    assert_eq!(large.body["error_code"], 14007);
    assert_eq!(large.body["error"], "message_send_error");
    assert_eq!(large.body["exception"], "MessageSendException");
    assert_eq!(large.body["error_description"], "message is too large");
}

#[tokio::test]
async fn six_hundred_receivers_pass() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("huawei", "u599").await;
    let users: Vec<String> = (0..600).map(|index| format!("u{index}")).collect();
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    let ids = tenant.send(&users, json!({})).await;
    assert_eq!(ids.len(), 600);
    for user in ["u0", "u24", "u25", "u598"] {
        tenant.suppression(user, &ids[user]).await;
    }
    tenant.outcome("u599", &ids["u599"]).await;
    assert_eq!(tenant.shown(&phone).await.len(), 1);
}

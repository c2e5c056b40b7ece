//! Bad input: the error envelope has the right status and names field and rule. Nothing is stored or sent.

use serde_json::{Value, json};
use shared::domain::vendor::Vendor;

use super::harness::{FCM, OPERATOR_KEY, Stack};

#[tokio::test]
async fn a_message_that_breaks_a_rule_is_refused_by_name() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let good = json!({"from": "bob", "to": ["ann"], "type": "txt", "body": {"msg": "x"}, "ext": {}});
    let many: Vec<String> = (0..601).map(|index| format!("u{index}")).collect();
    let long = "x".repeat(5 * 1024);
    let cases: [(&str, Value, u16, &str); 14] = [
        ("from", json!(""), 400, "param from can't be empty"),
        ("from", json!(7), 400, "from must be a string"),
        ("to", json!([]), 400, "param to can't be empty"),
        ("to", Value::Null, 400, "param to can't be empty"),
        ("to", json!("ann"), 400, "to must be an array of user ids"),
        ("to", json!(["ann", 7]), 400, "to[1] must be a string"),
        ("to", json!(["no blanks"]), 400, "to[0] must be 1 to 64 characters of a-z, 0-9, _, - and ."),
        ("to", json!(many), 400, "params to's size can't exceed limit 600"),
        ("type", Value::Null, 400, "param type can't be empty"),
        ("type", json!("smoke"), 400, "type must be one of: txt, img, audio, video, file, loc, cmd, custom"),
        ("body", Value::Null, 400, "param body can't be empty"),
        ("body", json!({"text": "x"}), 400, "body.msg is required"),
        ("ext", json!([]), 400, "param ext must be JSONObject"),
        ("body", json!({"msg": long}), 413, "message is too large"),
    ];
    for (field, value, status, text) in cases {
        let mut body = good.clone();
        body[field] = value;
        let (got, answer) = stack.call("POST", &app.path("messages/users"), &app.token, &body).await;
        assert_eq!((got, answer["error_description"].as_str().unwrap()), (status, text), "{field}");
        assert_eq!(answer["error"], "message_send_error");
        assert_eq!(answer.get("error_code").and_then(Value::as_u64), (status == 413).then_some(14007));
    }
    assert!(stack.messages.all(&app.key).is_empty() && stack.dispatch_queue.is_empty());
}

#[tokio::test]
async fn a_wrong_token_opens_nothing() {
    let stack = Stack::start();
    let chat = stack.app("chat", json!({})).await;
    let shop = stack.app("shop", json!({})).await;
    let path = chat.path("users/ann/push/binding");
    let cases = [
        ("", 401, "unauthorized"),
        ("nonsense", 401, "auth_bad_access_token"),
        (OPERATOR_KEY, 401, "auth_bad_access_token"),
        (&shop.token, 401, "auth_bad_access_token"),
    ];
    for (token, status, error) in cases {
        let (got, answer) = stack.call("GET", &path, token, &json!({})).await;
        assert_eq!((got, answer["error"].as_str().unwrap()), (status, error));
        assert!(answer["timestamp"].is_i64() && answer["duration"].is_u64() && answer["exception"].is_string());
    }
    let (got, answer) = stack.call("GET", "/acme/none/users/ann/push/binding", &chat.token, &json!({})).await;
    assert_eq!((got, answer["error"].as_str().unwrap()), (404, "organization_application_not_found"));
}

#[tokio::test]
async fn a_user_token_opens_only_that_users_own_data() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let grant = json!({"grant_type": "inherit", "username": "ann", "autoCreateUser": true, "ttl": 60});
    let issued = stack.ok("POST", &app.path("token"), &app.token, grant).await;
    let token = issued["access_token"].as_str().unwrap();
    let status = |user: &str| app.path(&format!("users/{user}/push/binding"));
    assert_eq!(stack.call("GET", &status("ann"), token, &json!({})).await.0, 200);
    assert_eq!(stack.call("GET", &status("bob"), token, &json!({})).await.0, 403);
    assert_eq!(stack.call("GET", &app.path("notifiers"), token, &json!({})).await.0, 403);
    let message = json!({"to": ["bob"], "type": "txt", "body": {"msg": "x"}});
    assert_eq!(stack.call("POST", &app.path("messages/users"), token, &message).await.0, 403);
    stack.clock.advance(std::time::Duration::from_secs(61));
    assert_eq!(stack.call("GET", &status("ann"), token, &json!({})).await.0, 401);
}

#[tokio::test]
async fn a_bad_presence_event_costs_itself_only() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let now = shared::ports::clock::Clock::now(&stack.clock).as_millis();
    let events = json!({"events": [
        {"user": "ann", "device_id": "d", "session": "s", "status": "online", "ts": now},
        {"user": "ann", "device_id": "d", "session": "s", "status": "sleeping", "ts": now},
        {"user": "ann", "device_id": "d", "session": "s", "status": "offline", "ts": now + 120_000},
        "nothing",
        {"user": "ann", "device_id": "d", "session": "s", "status": "offline", "ts": now - 1},
    ]});
    let answer = stack.ok("POST", &app.path("presence/events"), &app.token, events).await;
    let results: Vec<&str> =
        answer["data"].as_array().unwrap().iter().map(|one| one["result"].as_str().unwrap()).collect();
    assert_eq!(results, ["applied", "invalid", "invalid", "invalid", "stale"]);
    let reason = |index: usize| answer["data"][index]["reason"].as_str().unwrap().to_owned();
    assert_eq!(reason(1), "status must be one of: online, heartbeat, offline, kicked, logout");
    assert_eq!(reason(2), "ts must be Unix milliseconds, at most 60 s in the future");
}

#[tokio::test]
async fn a_notifier_that_breaks_a_rule_is_refused_by_name_and_shows_no_secret() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let path = app.path("notifiers");
    let vendors = format!("vendor must be one of: {}", Vendor::ALL.map(Vendor::name).join(", "));
    let cases = [
        (json!({"vendor": "fcm", "credential": {}}), "name is required"),
        (json!({"name": "n", "vendor": "pigeon", "credential": {}}), &vendors),
        (json!({"name": "n", "vendor": "fcm"}), "credential is required"),
        (json!({"name": "n", "vendor": "fcm", "credential": "text"}), "credential must be an object"),
    ];
    for (body, text) in cases {
        let (status, answer) = stack.call("POST", &path, &app.token, &body).await;
        assert_eq!((status, answer["error_description"].as_str().unwrap()), (400, text));
    }
    let mut stolen = curlew_tests::simulators::fcm::account::record();
    stolen["token_uri"] = json!("https://evil.example/token");
    let body = json!({"name": "n", "vendor": "fcm", "credential": stolen});
    let (status, answer) = stack.call("POST", &path, &app.token, &body).await;
    let text = answer["error_description"].as_str().unwrap();
    assert!(status == 400 && text.starts_with("credential.token_uri"), "{text}");

    let (status, answer) = stack.call("GET", &app.path(&format!("notifiers/{FCM}")), &app.token, &json!({})).await;
    assert_eq!(status, 200);
    assert!(answer.get("credential").is_none() && !answer.to_string().contains("PRIVATE"));
}

#[tokio::test]
async fn unknown_routes_and_broken_bodies_get_the_envelope() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let (status, answer) = stack.call("GET", &app.path("nothing/here"), &app.token, &json!({})).await;
    assert_eq!((status, answer["error"].as_str().unwrap()), (404, "service_resource_not_found"));
    let (status, _) = stack.call("DELETE", &app.path("messages/users"), &app.token, &json!({})).await;
    assert_eq!(status, 405);
    let path = app.path("users/ann/push/binding");
    let broken = stack.call_with("PUT", &path, &app.token, &[], "{\"device_id\":".into()).await;
    assert_eq!(broken.0, 400);
    assert!(broken.1["error_description"].as_str().unwrap().starts_with("the request body is not valid JSON"));
    let wrong = json!({"device_id": "d", "device_token": "has blanks", "notifier_name": "n"});
    let (status, answer) = stack.call("PUT", &path, &app.token, &wrong).await;
    let text = "device_token must be visible ASCII characters without blanks";
    assert_eq!((status, answer["error_description"].as_str().unwrap()), (400, text));
}

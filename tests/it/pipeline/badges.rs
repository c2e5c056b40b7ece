//! The badge on the app's icon: each notification adds one if the vendor supports it, unless the app switched it off.

use curlew_tests::simulators::{Badge, Endpoint, Filter, interfaces};
use serde_json::{Value, json};

use super::harness::{Stack, TestApp};

/// Returns the requests of a push through every interface, in order.
async fn requests(stack: &Stack, app: &TestApp) -> Vec<String> {
    let mut bodies = Vec::new();
    for (simulator, interface) in interfaces() {
        let token = (interface.device_token)();
        let user = format!("user-{bodies}", bodies = bodies.len());
        stack.bind(app, &user, "phone", interface.notifier, &token).await;
        stack.send(app, &[&user], json!({})).await;
        stack.drain().await;
        let filter = Filter { endpoint: Some(Endpoint::Send), token: Some(token), ..Filter::vendor(simulator.name()) };
        bodies.push(stack.simulators.requests(&filter).remove(0).body);
    }
    bodies
}

/// Returns the requests of an app with these settings. Its notifiers have the options that `options` returns for their
/// badge.
async fn with(settings: Value, options: impl Fn(&Badge) -> Option<Value>) -> Vec<String> {
    let stack = Stack::start();
    let app = stack.app("chat", settings).await;
    for (_, interface) in interfaces() {
        let Some(options) = interface.badge.as_ref().and_then(&options) else { continue };
        let path = app.path(&format!("notifiers/{}", interface.notifier.replace('#', "%23")));
        stack.ok("PUT", &path, &app.token, json!({"options": options})).await;
    }
    requests(&stack, &app).await
}

fn says_badge(body: &str) -> bool {
    let body = body.to_ascii_lowercase();
    body.contains("badge") || body.contains("notification_count")
}

fn asked(badge: &Badge) -> Option<Value> {
    Some((badge.options)())
}

#[tokio::test]
async fn each_notification_adds_one_where_the_vendor_can_be_asked_to() {
    let bodies = with(json!({}), asked).await;
    for ((_, interface), body) in interfaces().zip(bodies) {
        let notifier = interface.notifier;
        match &interface.badge {
            Some(badge) => assert!(body.contains(badge.request), "{notifier}: {body}"),
            None => assert!(!says_badge(&body), "{notifier} counts by itself: {body}"),
        }
    }
}

#[tokio::test]
async fn an_app_that_wants_no_badge_asks_for_none() {
    let bodies = with(json!({"badge": "off"}), asked).await;
    for ((_, interface), body) in interfaces().zip(bodies) {
        assert!(!says_badge(&body), "{}: {body}", interface.notifier);
    }
}

#[tokio::test]
async fn a_notifier_leaves_the_badge_alone_by_its_option() {
    let bodies = with(json!({}), |badge| badge.off.map(|off| off())).await;
    for ((_, interface), body) in interfaces().zip(bodies) {
        let asks = interface.badge.as_ref().is_some_and(|badge| badge.off.is_none());
        assert_eq!(says_badge(&body), asks, "{}: {body}", interface.notifier);
    }
}

#[tokio::test]
async fn a_setting_that_is_no_badge_is_refused() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let path = app.path("push/settings");
    for wrong in [json!("on"), json!(1), json!("Increment")] {
        let (status, answer) = stack.call("PUT", &path, &app.token, &json!({"badge": wrong})).await;
        assert_eq!(status, 400);
        assert!(answer["error_description"].as_str().unwrap().starts_with("badge must be "), "{answer}");
    }
    let answer = stack.ok("PUT", &path, &app.token, json!({"badge": "off"})).await;
    assert_eq!(answer["badge"], "off");
    assert_eq!(stack.ok("GET", &path, &app.token, json!({})).await["badge"], "off");
}

//! The number on the app's icon: each notification adds one where the vendor can be asked to, unless the app does not want it.

use curlew_tests::simulators::{Endpoint, Filter, device_token, huawei};
use serde_json::{Value, json};

use super::harness::{FCM, HARMONY, HONOR, HUAWEI, MEIZU, OPPO, Stack, TestApp, VIVO, XIAOMI};

/// A notifier, its vendor, and what its request says of the badge where one is added.
const ASKED: [(&str, &str, Option<&str>); 8] = [
    (HUAWEI, "huawei", Some(r#""badge":{"add_num":1,"class":"com.example.im.Main"}"#)),
    (HARMONY, "huawei", Some(r#""badge":{"addNum":1}"#)),
    (HONOR, "honor", Some(r#""badge":{"addNum":1,"badgeClass":"com.example.im.Main"}"#)),
    (OPPO, "oppo", Some("%22badge_operation_type%22%3A1%2C%22badge_message_count%22%3A1")),
    (VIVO, "vivo", Some(r#""addBadge":true"#)),
    (FCM, "fcm", None),
    (XIAOMI, "xiaomi", None),
    (MEIZU, "meizu", None),
];

/// The requests of a push through every notifier, in their order.
async fn requests(stack: &Stack, app: &TestApp) -> Vec<String> {
    let mut bodies = Vec::new();
    for (notifier, vendor, _) in ASKED {
        let token = if notifier == HARMONY { huawei::harmony_device_token() } else { device_token(vendor).unwrap() };
        let user = format!("user-{bodies}", bodies = bodies.len());
        stack.bind(app, &user, "phone", notifier, &token).await;
        stack.send(app, &[&user], json!({})).await;
        stack.drain().await;
        let filter = Filter { endpoint: Some(Endpoint::Send), token: Some(token), ..Filter::vendor(vendor) };
        bodies.push(stack.simulators.requests(&filter).remove(0).body);
    }
    bodies
}

async fn with(settings: Value, options: &[(&str, Value)]) -> Vec<String> {
    let stack = Stack::start();
    let app = stack.app("chat", settings).await;
    for (notifier, options) in options {
        let path = app.path(&format!("notifiers/{}", notifier.replace('#', "%23")));
        stack.ok("PUT", &path, &app.token, json!({"options": options})).await;
    }
    requests(&stack, &app).await
}

fn says_badge(body: &str) -> bool {
    let body = body.to_ascii_lowercase();
    body.contains("badge") || body.contains("notification_count")
}

fn classes() -> Vec<(&'static str, Value)> {
    [HUAWEI, HONOR].map(|notifier| (notifier, json!({"badge_class": "com.example.im.Main"}))).to_vec()
}

#[tokio::test]
async fn each_notification_adds_one_where_the_vendor_can_be_asked_to() {
    let bodies = with(json!({}), &classes()).await;
    for ((notifier, _, asked), body) in ASKED.iter().zip(bodies) {
        match asked {
            Some(asked) => assert!(body.contains(asked), "{notifier}: {body}"),
            None => assert!(!says_badge(&body), "{notifier} counts by itself: {body}"),
        }
    }
}

#[tokio::test]
async fn an_app_that_wants_no_badge_asks_for_none() {
    let bodies = with(json!({"badge": "off"}), &classes()).await;
    for ((notifier, ..), body) in ASKED.iter().zip(bodies) {
        assert!(!says_badge(&body), "{notifier}: {body}");
    }
}

#[tokio::test]
async fn a_notifier_of_oppo_or_vivo_leaves_the_badge_alone_by_its_option() {
    let bodies = with(json!({}), &[(OPPO, json!({"badge": false})), (VIVO, json!({"add_badge": false}))]).await;
    for ((notifier, _, asked), body) in ASKED.iter().zip(bodies) {
        let asks = asked.is_some() && ![OPPO, VIVO].contains(notifier);
        assert_eq!(says_badge(&body), asks, "{notifier}: {body}");
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

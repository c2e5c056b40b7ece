//! Maximum rows of an app or a user: beyond them a call is refused with field and rule, and other calls go on.

use curlew_tests::simulators::{fcm, xiaomi};
use serde_json::{Value, json};
use shared::{
    domain::{
        id::{GroupId, UserId},
        notifier::MAX_NOTIFIERS,
        profile::{Conversation, Disturbance, MAX_CONVERSATIONS, PushMode},
    },
    ports::{
        clock::Clock,
        users::{ConversationSetting, ManageProfiles},
    },
};

use super::harness::{FCM, Stack, TestApp};

/// Returns the status and the description of an answer.
async fn said(stack: &Stack, app: &TestApp, method: &str, path: &str, body: Value) -> (u16, String) {
    let (status, answer) = stack.call(method, &app.path(path), &app.token, &body).await;
    (status, answer["error_description"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn an_app_has_at_most_a_hundred_notifiers() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let notifier = |name: &str| json!({"name": name, "vendor": "xiaomi", "credential": xiaomi::account::record()});
    let existing = stack.ok("GET", &app.path("notifiers"), &app.token, json!({})).await["count"].as_u64().unwrap();
    for number in usize::try_from(existing).unwrap()..MAX_NOTIFIERS {
        stack.ok("POST", &app.path("notifiers"), &app.token, notifier(&format!("n{number}"))).await;
    }
    let full = (400, "name must not be new: an app has at most 100 notifiers".to_owned());
    assert_eq!(said(&stack, &app, "POST", "notifiers", notifier("more")).await, full);
    assert_eq!(said(&stack, &app, "POST", "notifiers", notifier("n99")).await.0, 409);
    stack.ok("DELETE", &app.path("notifiers/n99"), &app.token, json!({})).await;
    stack.ok("POST", &app.path("notifiers"), &app.token, notifier("more")).await;
}

#[tokio::test]
async fn options_of_a_notifier_are_known_ones_and_small() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let create = |options: Value| json!({"name": "new", "vendor": "xiaomi", "credential": xiaomi::account::record(), "options": options});
    let change = app.path(&format!("notifiers/{FCM}")).split_off(app.path("").len());
    for (method, path, vendor) in [("POST", "notifiers", "xiaomi"), ("PUT", change.as_str(), "fcm")] {
        let body = |options: Value| if method == "POST" { create(options) } else { json!({"options": options}) };
        let (status, text) = said(&stack, &app, method, path, body(json!({"chanel_id": "im"}))).await;
        let expected =
            format!("options.chanel_id is unknown: an option of {vendor} must be one of: tokens_per_second, ");
        assert!(status == 400 && text.starts_with(&expected), "{text}");
        let long = body(json!({"channel_id": "x".repeat(8 * 1024)}));
        let too_long = (400, "options must be at most 8192 bytes as compact JSON".to_owned());
        assert_eq!(said(&stack, &app, method, path, long).await, too_long);
        let nothing = body(json!({"chanel_id": null, "channel_id": "im"}));
        assert!(said(&stack, &app, method, path, nothing).await.0 < 300);
    }
}

#[tokio::test]
async fn a_user_has_settings_for_at_most_two_thousand_conversations() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({"advanced_push": true})).await;
    let ann = UserId::parse("ann").unwrap();
    let disturbance = Disturbance { mode: Some(PushMode::None), ..Disturbance::default() };
    for number in 0..MAX_CONVERSATIONS {
        let conversation = &Conversation::Group(GroupId::parse(&format!("g{number}")).unwrap());
        let setting = ConversationSetting { conversation, era: 0, disturbance, at: stack.clock.now() };
        assert!(stack.users.set_conversation(&app.key, &ann, &setting, usize::MAX).await.unwrap());
    }
    let path = |name: &str| format!("users/ann/notification/chatgroup/{name}");
    let full = (400, "key must not be new: a user has settings for at most 2000 conversations".to_owned());
    assert_eq!(said(&stack, &app, "PUT", &path("more"), json!({"type": "AT"})).await, full);
    assert_eq!(said(&stack, &app, "PUT", &path("g7"), json!({"type": "DEFAULT"})).await.0, 200);
    assert_eq!(said(&stack, &app, "PUT", &path("more"), json!({"type": "AT"})).await.0, 200);
    assert_eq!(said(&stack, &app, "PUT", &path("g7"), json!({"type": "NONE"})).await, full);
}

#[tokio::test]
async fn a_place_has_numbers_or_strings() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = fcm::device_token();
    stack.bind(&app, "ann", "phone", FCM, &token).await;
    let place = |lat: Value, lng: Value| json!({"to": ["ann"], "type": "loc", "body": {"lat": lat, "lng": lng, "addr": "here"}});
    let path = "messages/users";
    for (lat, lng) in [(json!("31.2"), json!("121.4")), (json!(31.2), json!(121)), (json!(1.0e-7), json!("121.4"))] {
        assert_eq!(said(&stack, &app, "POST", path, place(lat, lng)).await.0, 200);
    }
    stack.drain().await;
    assert_eq!(stack.delivered("fcm", &token), 3);
    for (lat, lng, text) in [
        (json!(true), json!(1), "body.lat must be a number or a string"),
        (json!(1), json!({}), "body.lng must be a number or a string"),
        (json!(1), Value::Null, "body.lng is required"),
    ] {
        assert_eq!(said(&stack, &app, "POST", path, place(lat, lng)).await, (400, text.to_owned()));
    }
}

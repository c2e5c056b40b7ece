//! Settings that users cannot make, and who may make them.

use curlew_tests::simulators::meizu;
use curlew_tests::simulators::meizu::account::NOTIFIER as MEIZU;
use serde_json::{Value, json};

use super::harness::{Stack, TestApp};

const SELF: &str = "users/ann/notification/user/ann";
const WITH_BOB: &str = "users/ann/notification/user/bob";
const LANGUAGE: &str = "users/ann/notification/language";
const TEMPLATE: &str = "users/ann/notification/template";

async fn refusal(stack: &Stack, app: &TestApp, path: &str, body: &Value) -> (u16, String) {
    let (status, answer) = stack.call("PUT", &app.path(path), &app.token, body).await;
    (status, answer["error_description"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_value_that_breaks_a_rule_is_refused_by_name_and_changes_nothing() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({"advanced_push": true})).await;
    stack.bind(&app, "ann", "phone", MEIZU, &meizu::device_token()).await;
    let shown = ["users/ann", SELF, WITH_BOB, LANGUAGE, TEMPLATE];
    let state = async || {
        let mut state = Vec::new();
        for path in shown {
            let mut answer = stack.ok("GET", &app.path(path), &app.token, json!({})).await;
            answer["timestamp"] = Value::Null;
            state.push(answer);
        }
        state
    };
    stack.ok("PUT", &app.path("users/ann"), &app.token, json!({"nickname": "Ann"})).await;
    stack.ok("PUT", &app.path(SELF), &app.token, json!({"type": "AT", "ignoreInterval": "01:00-02:00"})).await;
    stack.ok("PUT", &app.path(WITH_BOB), &app.token, json!({"type": "ALL"})).await;
    let before = state().await;

    let one_of = "the request body must have at least one of: type, ignoreInterval, ignoreDuration";
    let too_long = "x".repeat(101);
    let zone = "time_zone must be a name of the IANA time zone database, which \"Mars/Olympus\" is not";
    let language = "translationLanguage must be a language tag of 2 to 35 letters, digits and hyphens";
    let hour = "notification_no_disturbing_start must be 0 to 23";
    for (path, body, text) in [
        (
            "users/ann",
            json!({}),
            "the request body must have at least one of: nickname, notification_display_style, time_zone, notification_no_disturbing",
        ),
        ("users/ann", json!({"nickname": too_long}), "nickname must be 1 to 100 characters long"),
        ("users/ann", json!({"nickname": 1}), "nickname must be a string"),
        ("users/ann", json!({"nickname": "New", "time_zone": "Mars/Olympus"}), zone),
        ("users/ann", json!({"notification_display_style": 2}), "notification_display_style must be 0 or 1"),
        ("users/ann", json!({"notification_display_style": "x"}), "notification_display_style must be 0 or 1"),
        ("users/ann", json!({"notification_no_disturbing": 1}), "notification_no_disturbing must be true or false"),
        ("users/ann", json!({"notification_no_disturbing": true}), "notification_no_disturbing_start is required"),
        ("users/ann", json!({"notification_no_disturbing": true, "notification_no_disturbing_start": "24"}), hour),
        (SELF, json!({}), one_of),
        (SELF, json!({"type": "MUTE"}), "type must be one of: ALL, AT, NONE, DEFAULT"),
        (WITH_BOB, json!({"type": "all"}), "type must be one of: ALL, AT, NONE, DEFAULT"),
        (
            SELF,
            json!({"type": "NONE", "ignoreInterval": "9:00-10:00"}),
            "ignoreInterval must be HH:MM-HH:MM, 00:00 to 23:59",
        ),
        (SELF, json!({"type": "NONE", "ignoreDuration": 604_800_001}), "ignoreDuration must be 0 to 604800000"),
        (WITH_BOB, json!({"type": "NONE", "ignoreDuration": -1}), "ignoreDuration must be 0 to 604800000"),
        (WITH_BOB, json!({"ignoreDuration": "soon"}), "ignoreDuration must be 0 to 604800000"),
        ("users/ann/notification/chatroom/r", json!({"type": "ALL"}), "chattype must be one of: user, chatgroup"),
        (
            "users/ann/notification/user/a%20b",
            json!({"type": "ALL"}),
            "key must be 1 to 64 characters of a-z, 0-9, _, - and .",
        ),
        (LANGUAGE, json!({}), "translationLanguage is required"),
        (LANGUAGE, json!({"translationLanguage": "e"}), language),
        (TEMPLATE, json!({"templateName": "a_b"}), "templateName must be 1 to 64 characters of a-z, A-Z and 0-9"),
        (TEMPLATE, json!({"templateName": "gone"}), "gone template is not exist"),
    ] {
        assert_eq!(refusal(&stack, &app, path, &body).await, (400, text.to_owned()), "{body}");
    }
    assert_eq!(state().await, before);
}

#[tokio::test]
async fn nicknames_are_set_all_or_none() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let named = |name: &str, nickname: &str| json!({"username": name, "push_nickname": nickname});
    let most: Vec<Value> = (0..50).map(|number| named(&format!("u{number}"), "N")).collect();
    let too_many: Vec<Value> = (0..51).map(|number| named(&format!("u{number}"), "N")).collect();
    let long = "长".repeat(101);
    for (body, text) in [
        (json!([]), "put user push nicknames illegal empty request body"),
        (json!(too_many), "put user push nicknames exceeds the limit"),
        (json!([named("ann", "A"), named("bob", &long)]), "bob push nickname length exceeds the limit"),
        (json!([named("ann", "A"), {"username": "bob"}]), "[1].push_nickname is required"),
        (
            json!([named("ann", "A"), named("b b", "B")]),
            "[1].username must be 1 to 64 characters of a-z, 0-9, _, - and .",
        ),
        (json!([named("ann", "A"), 1]), "[1] must be an object"),
        (json!({}), "the request body must be a JSON array"),
    ] {
        assert_eq!(refusal(&stack, &app, "push/nickname", &body).await, (400, text.to_owned()));
    }
    assert_eq!(stack.call("GET", &app.path("users/ann"), &app.token, &json!({})).await.0, 404);
    stack.ok("PUT", &app.path("push/nickname"), &app.token, json!(most)).await;
    let shown = stack.ok("GET", &app.path("users/u49"), &app.token, json!({})).await;
    assert_eq!(shown["entities"][0]["nickname"], "N");
}

#[tokio::test]
async fn a_user_token_opens_that_user_s_own_settings_alone() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({"advanced_push": true})).await;
    let grant = json!({"grant_type": "inherit", "username": "ann", "autoCreateUser": true});
    let issued = stack.ok("POST", &app.path("token"), &app.token, grant).await;
    let token = issued["access_token"].as_str().unwrap();
    for (path, body) in [
        ("users/{}", json!({"nickname": "A"})),
        ("users/{}/notification/user/eve", json!({"type": "NONE"})),
        ("users/{}/notification/language", json!({"translationLanguage": "en"})),
        ("users/{}/notification/template", json!({"templateName": ""})),
    ] {
        for (user, expected) in [("ann", 200), ("bob", 403)] {
            let path = app.path(&path.replace("{}", user));
            assert_eq!(stack.call("PUT", &path, token, &body).await.0, expected, "{path}");
            assert_eq!(stack.call("GET", &path, token, &body).await.0, expected, "{path}");
        }
    }
    let batch = json!([{"username": "ann", "push_nickname": "A"}]);
    assert_eq!(stack.call("PUT", &app.path("push/nickname"), token, &batch).await.0, 403);
    for path in ["users/ann", "push/nickname", SELF, LANGUAGE, TEMPLATE] {
        assert_eq!(stack.call("PUT", &app.path(path), "", &json!({})).await.0, 401, "{path}");
    }
}

#[tokio::test]
async fn without_advanced_push_the_rest_can_be_set() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    for (path, body) in [
        (SELF, json!({"type": "NONE"})),
        (WITH_BOB, json!({"ignoreDuration": 1})),
        (TEMPLATE, json!({"templateName": ""})),
        ("users/ann", json!({"nickname": "A", "notification_no_disturbing": false})),
    ] {
        let (status, answer) = stack.call("PUT", &app.path(path), &app.token, &body).await;
        let said = (status, answer["exception"].as_str().unwrap(), answer["error_description"].as_str().unwrap());
        let text = "push service not open: advanced_push is off";
        assert_eq!(said, (403, "ServiceNotOpenException", text), "{path}");
    }
    assert_eq!(stack.call("GET", &app.path(SELF), &app.token, &json!({})).await.0, 403);
    stack.ok("PUT", &app.path("users/ann"), &app.token, json!({"nickname": "A", "time_zone": "UTC"})).await;
    let language = app.path(LANGUAGE);
    let set = stack.ok("PUT", &language, &app.token, json!({"translationLanguage": "en"})).await;
    assert_eq!(set["data"], json!({"language": "en"}));
    assert_eq!(stack.ok("GET", &language, &app.token, json!({})).await["data"], set["data"]);
    // The setting is effective at once.
    stack.ok("PUT", &app.path("push/settings"), &app.token, json!({"advanced_push": true})).await;
    stack.clock.advance(shared::app_configs::RECENT);
    stack.ok("PUT", &app.path(SELF), &app.token, json!({"type": "NONE"})).await;
}

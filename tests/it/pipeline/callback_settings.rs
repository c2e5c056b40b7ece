//! The setting `callback`: what is taken, what is shown, and who can open its secrets.

use serde_json::{Value, json};
use shared::{
    crypto::encoding::from_base64url,
    ports::{
        apps::ReadApps,
        cipher::{DecryptCredential, Purpose, callback_secrets},
    },
    testing::sample::notifier_name,
};

use super::harness::{OPERATOR_KEY, Stack, TestApp};

const URL: &str = "https://push.example.com/callback";
const SECRET: &str = "a secret of the app";

async fn put(stack: &Stack, app: &TestApp, callback: Value) -> (u16, Value) {
    stack.call("PUT", &app.path("push/settings"), &app.token, &json!({"callback": callback})).await
}

#[tokio::test]
async fn the_setting_is_shown_without_its_secrets() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let settings = stack.ok("GET", &app.path("push/settings"), &app.token, json!({})).await;
    assert!(settings.get("callback").is_none(), "{settings}");
    let second = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let (status, shown) =
        put(&stack, &app, json!({"url": URL, "secret": SECRET, "previous_secret": second, "events": ["push"]})).await;
    assert_eq!(status, 200, "{shown}");
    let again = stack.ok("GET", &app.path("push/settings"), &app.token, json!({})).await;
    for shown in [shown, again] {
        let callback = shown["callback"].as_object().unwrap();
        assert_eq!(callback.keys().collect::<Vec<_>>(), ["events", "fingerprint", "state", "url"]);
        assert_eq!((&callback["url"], &callback["events"]), (&json!(URL), &json!(["push"])));
        assert!(!shown.to_string().contains(SECRET) && !shown.to_string().contains(second));
    }
    let shown = stack.ok("GET", "/management/apps/acme/chat", OPERATOR_KEY, json!({})).await;
    assert_eq!(shown["settings"]["callback"]["url"], URL);
    assert!(shown["settings"]["callback"].get("secret").is_none());
}

#[tokio::test]
async fn the_secrets_are_stored_as_ciphertexts_of_their_purpose() {
    let stack = Stack::start();
    let settings = json!({"callback": {"url": URL, "secret": SECRET}});
    let app = stack.app("chat", settings).await;
    let stored = stack.apps.app(&app.key).await.unwrap().unwrap().app;
    let sealed = from_base64url(&stored.callback().unwrap().secret).unwrap();
    let opened = stack.cipher.decrypt(&app.key, &callback_secrets().unwrap(), Purpose::Callback, &sealed).await;
    assert_eq!(opened.unwrap(), SECRET.as_bytes());
    for (name, purpose) in
        [("callback", Purpose::Credential), ("callback", Purpose::Receipt), ("fcm", Purpose::Callback)]
    {
        assert!(stack.cipher.decrypt(&app.key, &notifier_name(name), purpose, &sealed).await.is_err());
    }
}

#[tokio::test]
async fn what_is_absent_stays_and_a_new_secret_ends_the_one_before() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let callback = async || stack.apps.app(&app.key).await.unwrap().unwrap().app.settings.callback.unwrap();
    put(&stack, &app, json!({"url": URL, "secret": SECRET, "previous_secret": "the one before"})).await;
    let first = callback().await;
    put(&stack, &app, json!({"events": ["click"]})).await;
    let second = callback().await;
    assert_eq!(
        (&second.secret, &second.previous_secret, &second.url),
        (&first.secret, &first.previous_secret, &first.url)
    );
    assert!(second.set_at > first.set_at);
    put(&stack, &app, json!({"previous_secret": null})).await;
    assert_eq!(callback().await.previous_secret, None);
    put(&stack, &app, json!({"previous_secret": SECRET})).await;
    put(&stack, &app, json!({"secret": "a third secret"})).await;
    let third = callback().await;
    assert!(third.previous_secret.is_none() && third.fingerprint != first.fingerprint);
    assert_eq!(third.events.as_deref(), Some(&["click".to_owned()][..]));
    stack.ok("PUT", &app.path("push/settings"), &app.token, json!({"badge": "off"})).await;
    assert_eq!(callback().await, third, "other settings leave it alone");
    put(&stack, &app, Value::Null).await;
    let settings = stack.ok("GET", &app.path("push/settings"), &app.token, json!({})).await;
    assert!(settings.get("callback").is_none());
}

#[tokio::test]
async fn a_refusal_names_the_field_and_changes_nothing() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    for (callback, text) in [
        (json!({"url": URL}), "callback.secret is required"),
        (json!({"secret": SECRET}), "callback.url is required"),
        (json!({"url": 7, "secret": SECRET}), "callback.url must be a string"),
        (json!({"url": "ftp://a.example.com/", "secret": SECRET}), "callback.url must begin with https://"),
        (
            json!({"url": "https://169.254.169.254/", "secret": SECRET}),
            "callback.url must not point to a private, local or reserved address",
        ),
        (
            json!({"url": "https://u@a.example.com/", "secret": SECRET}),
            "callback.url must not contain a user name or a password",
        ),
        (json!({"url": "https://a.example.com/#b", "secret": SECRET}), "callback.url must not contain a fragment"),
        (
            json!({"url": "https://a.example.com:22/", "secret": SECRET}),
            "callback.url must use port 443, or one of 1024 to 65535",
        ),
        (json!({"url": "a.example.com", "secret": SECRET}), "callback.url must be a URL with a host"),
        (
            json!({"url": format!("https://a.example.com/{}", "a".repeat(1024)), "secret": SECRET}),
            "callback.url must be at most 1024 bytes long",
        ),
        (json!({"url": URL, "secret": "short"}), "callback.secret must be 8 to 256 bytes long"),
        (
            json!({"url": URL, "secret": "whsec_c2hvcnQ="}),
            "callback.secret must have 24 to 64 bytes in base64 behind whsec_",
        ),
        (json!({"url": URL, "secret": SECRET, "previous_secret": 7}), "callback.previous_secret must be a string"),
        (
            json!({"url": URL, "secret": SECRET, "events": ["push", "all"]}),
            "callback.events must have entries of: push, suppressed, receipt, click, notifier, token_removed, user_status",
        ),
        (json!("https://a.example.com/"), "callback must be an object or null"),
    ] {
        let (status, answer) = put(&stack, &app, callback.clone()).await;
        assert_eq!((status, answer["error_description"].as_str()), (400, Some(text)), "{callback}");
    }
    let settings = json!({"org": "acme", "app": "other", "settings": {"callback": {"url": "http://10.0.0.1/"}}});
    let (status, answer) = stack.call("POST", "/management/apps", OPERATOR_KEY, &settings).await;
    assert_eq!(status, 400);
    assert!(answer["error_description"].as_str().unwrap().starts_with("settings.callback.url must "), "{answer}");
    let settings = stack.ok("GET", &app.path("push/settings"), &app.token, json!({})).await;
    assert!(settings.get("callback").is_none());
}

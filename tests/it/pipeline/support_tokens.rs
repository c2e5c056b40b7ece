//! Support tokens: who gets them, how long they are valid, and how they end.

use std::time::Duration;

use serde_json::{Value, json};
use shared::{app_configs::KEPT, ports::clock::Clock};

use super::{
    harness::{OPERATOR_KEY, Stack, TestApp},
    socket::{handshake, user_token},
};

const DAY: u64 = 86_400;
const DAYS_30: u64 = 30 * DAY;

/// Returns a token for the app's support staff.
pub async fn support_token(stack: &Stack, app: &TestApp, more: Value) -> String {
    let issued = stack.ok("POST", &app.path("token"), &app.token, asked(more)).await;
    issued["access_token"].as_str().unwrap().to_owned()
}

fn asked(more: Value) -> Value {
    let mut body = json!({"grant_type": "inherit", "scope": "support"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn text(answer: &Value, name: &str) -> String {
    answer[name].as_str().unwrap().to_owned()
}

async fn opens(stack: &Stack, app: &TestApp, token: &str) -> u16 {
    stack.call("GET", &app.path("users"), token, &json!({})).await.0
}

#[tokio::test]
async fn a_support_token_lasts_as_long_as_asked_at_most_30_days_and_what_the_app_allows() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    for (more, seconds) in [(json!({}), DAY), (json!({"ttl": 60}), 60), (json!({"ttl": DAYS_30}), DAYS_30)] {
        let issued = stack.ok("POST", &app.path("token"), &app.token, asked(more)).await;
        assert_eq!((&issued["expires_in"], &issued["application"]), (&json!(seconds), &json!("acme#chat")));
        assert!(issued.get("user").is_none(), "{issued}");
    }
    let token = support_token(&stack, &app, json!({"ttl": 60})).await;
    assert_eq!(opens(&stack, &app, &token).await, 200);
    stack.clock.advance(Duration::from_secs(60));
    assert_eq!(opens(&stack, &app, &token).await, 401);

    stack.ok("PUT", &app.path("push/settings"), &app.token, json!({"max_token_seconds": 3600})).await;
    let issued = stack.ok("POST", &app.path("token"), &app.token, asked(json!({}))).await;
    assert_eq!(issued["expires_in"], 3600);
}

#[tokio::test]
async fn what_is_no_request_for_one_is_refused_by_its_field() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let scopes = [
        json!(["support"]),
        json!(7),
        json!(true),
        json!({"support": true}),
        json!(""),
        json!("support "),
        json!("Support"),
        json!("admin"),
        json!("support app"),
    ];
    let lifetimes = [json!(0), json!(-1), json!(DAYS_30 + 1), json!(1.5), json!("60"), json!(u64::MAX)];
    let bodies = scopes.into_iter().map(|scope| ("scope", json!({"scope": scope})));
    let bodies = bodies.chain(lifetimes.into_iter().map(|ttl| ("ttl", json!({"ttl": ttl}))));
    let bodies = bodies.chain([
        ("username", json!({"username": "ann"})),
        ("username", json!({"username": 7})),
        ("scope", json!({"grant_type": "client_credentials", "client_id": "id", "client_secret": "secret"})),
    ]);
    for (field, more) in bodies {
        stack.clock.advance(Duration::from_secs(1));
        let (status, answer) = stack.call("POST", &app.path("token"), &app.token, &asked(more.clone())).await;
        let text = answer["error_description"].as_str().unwrap();
        assert_eq!(status, 400, "{more}: {answer}");
        assert!(text.starts_with(&format!("{field} ")), "{more}: {text}");
    }
    // `null` counts as missing.
    let user = json!({"grant_type": "inherit", "scope": null, "username": "ann", "autoCreateUser": true});
    assert_eq!(stack.ok("POST", &app.path("token"), &app.token, user).await["user"]["username"], "ann");
}

#[tokio::test]
async fn only_an_app_token_of_the_app_gives_one() {
    let stack = Stack::start();
    let (app, other) = (stack.app("chat", json!({})).await, stack.app("other", json!({})).await);
    let support = support_token(&stack, &app, json!({})).await;
    let ann = user_token(&stack, &app, "ann", json!({})).await;
    let foreign = support_token(&stack, &other, json!({})).await;
    for (bearer, status) in [
        (&support, 403),
        (&ann, 403),
        (&other.token, 401),
        (&foreign, 401),
        (&OPERATOR_KEY.to_owned(), 401),
        (&String::new(), 401),
    ] {
        assert_eq!(stack.call("POST", &app.path("token"), bearer, &asked(json!({}))).await.0, status, "{bearer}");
    }
    assert_eq!(opens(&stack, &app, &foreign).await, 401);
}

#[tokio::test]
async fn a_support_token_ends_with_all_tokens_of_the_app_and_with_its_secret() {
    let stack = Stack::start();
    let mut app = stack.app("chat", json!({})).await;
    let path = |end: &str| format!("/management/apps/acme/chat/{end}");
    for end in ["tokens/revoke", "credentials"] {
        let token = support_token(&stack, &app, json!({})).await;
        assert_eq!(opens(&stack, &app, &token).await, 200);
        stack.ok("POST", &path(end), OPERATOR_KEY, json!({})).await;
        stack.clock.advance(KEPT);
        assert_eq!(opens(&stack, &app, &token).await, 401, "{end}");
        stack.renew(&mut app).await;
    }
    let token = support_token(&stack, &app, json!({})).await;
    stack.ok("POST", &path("credentials"), OPERATOR_KEY, json!({"grace_seconds": 60})).await;
    stack.clock.advance(KEPT);
    assert_eq!(opens(&stack, &app, &token).await, 200);
}

#[tokio::test]
async fn all_support_tokens_end_together_and_no_other_token_nor_connection_with_them() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let ann = user_token(&stack, &app, "ann", json!({})).await;
    let query = json!({"org": "acme", "app": "chat", "device_id": "phone", "token": ann});
    assert_eq!(handshake(&stack, json!({}), query).await.0, 200);
    let of_operator =
        || stack.ok("POST", "/management/apps/acme/chat/token", OPERATOR_KEY, json!({"scope": "support"}));
    let fired = [support_token(&stack, &app, json!({})).await, text(&of_operator().await, "access_token")];
    let end = json!({"scope": "support"});
    let ended = stack.ok("POST", "/management/apps/acme/chat/tokens/revoke", OPERATOR_KEY, end).await;
    assert_eq!(ended["data"]["revoked_before"], json!(stack.clock.now()));
    // A token issued after that works at once, even where an older state of the app is cached.
    let stays = support_token(&stack, &app, json!({})).await;
    assert_eq!(opens(&stack, &app, &stays).await, 200);
    stack.clock.advance(KEPT);
    for token in &fired {
        assert_eq!(opens(&stack, &app, token).await, 401);
    }
    for token in [&stays, &app.token] {
        assert_eq!(opens(&stack, &app, token).await, 200);
    }
    assert_eq!(stack.call("GET", &app.path("users/ann/push/binding"), &ann, &json!({})).await.0, 200);
    let status = stack.ok("GET", &app.path("users/ann/status"), &app.token, json!({})).await;
    assert_eq!(status["data"]["ann"], "online");
}

#[tokio::test]
async fn what_is_no_scope_ends_nothing() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    for scope in [json!("app"), json!("Support"), json!(["support"]), json!(7)] {
        let body = json!({"scope": scope});
        let (status, answer) =
            stack.call("POST", "/management/apps/acme/chat/tokens/revoke", OPERATOR_KEY, &body).await;
        assert_eq!(status, 400, "{body}: {answer}");
        assert!(text(&answer, "error_description").starts_with("scope "), "{body}: {answer}");
    }
    stack.clock.advance(KEPT);
    assert_eq!(opens(&stack, &app, &app.token).await, 200);
}

#[tokio::test]
async fn recent_messages_of_users_are_listed_ten_times_a_second() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let mut answered = Vec::new();
    for _ in 0..11 {
        answered.push(stack.call("GET", &app.path("users/ann/messages"), &app.token, &json!({})).await.0);
    }
    assert_eq!((answered[..10].contains(&429), answered[10]), (false, 429), "{answered:?}");
    assert_eq!(opens(&stack, &app, &app.token).await, 200);
}

#[tokio::test]
async fn a_support_token_opens_no_connection_and_reports_no_presence() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = support_token(&stack, &app, json!({})).await;
    let query = json!({"org": "acme", "app": "chat", "device_id": "phone", "token": token});
    let (status, body, _) = handshake(&stack, json!({}), query).await;
    assert_eq!(status, 403, "{body}");
    assert!(body["error_description"].as_str().unwrap().starts_with("a support token may only"), "{body}");

    let event = json!({"user": "ann", "device_id": "phone", "session": "s1", "status": "online", "ts": 1});
    let body = json!({"events": [event]});
    assert_eq!(stack.call("POST", &app.path("presence/events"), &token, &body).await.0, 403);
    let status = stack.ok("GET", &app.path("users/ann/status"), &token, json!({})).await;
    assert_eq!(status["data"]["ann"], "offline");
}

#[tokio::test]
async fn support_calls_take_nothing_of_the_apps_rate() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = support_token(&stack, &app, json!({})).await;
    let mut answered = Vec::new();
    for _ in 0..101 {
        answered.push(opens(&stack, &app, &token).await);
    }
    assert_eq!(answered.iter().filter(|status| **status == 200).count(), 100);
    assert_eq!(answered.last(), Some(&429));
    assert_eq!(opens(&stack, &app, &app.token).await, 200);
}

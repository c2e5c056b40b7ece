//! Client secrets and tokens of an app: how they end, and how they stay valid when an app key is replaced.

use std::time::Duration;

use serde_json::{Value, json};
use shared::{
    app_configs::KEPT,
    crypto::jwt::key_id,
    domain::{
        app::{App, TokenKey},
        id::AppKey,
    },
    ports::{apps::ManageApps, clock::Clock},
};

use super::harness::{OPERATOR_KEY, Stack, TestApp};

const CREDENTIALS: &str = "/management/apps/acme/chat/credentials";
const REVOKE: &str = "/management/apps/acme/chat/tokens/revoke";

/// A new app, with its client credentials.
struct Client {
    stack: Stack,
    id: String,
    secret: String,
}

impl Client {
    async fn start() -> Self {
        let stack = Stack::start();
        let body = json!({"org": "acme", "app": "chat"});
        let made = stack.ok("POST", "/management/apps", OPERATOR_KEY, body).await;
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        Self { id: text("client_id"), secret: text("client_secret"), stack }
    }

    /// Requests an app token. Returns status and body.
    async fn grant(&self, secret: &str, more: Value) -> (u16, Value) {
        let mut body = json!({"grant_type": "client_credentials", "client_id": self.id, "client_secret": secret});
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        self.stack.call("POST", "/acme/chat/token", "", &body).await
    }

    async fn token(&self, secret: &str) -> String {
        let (status, answer) = self.grant(secret, json!({})).await;
        assert_eq!(status, 200, "{answer}");
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// Returns the status of calls with a token: at `manage-app`, which changed the app, and at `report-presence`,
    /// which has it cached.
    async fn opens(&self, token: &str) -> [u16; 2] {
        let (near, _) = self.stack.call("GET", "/acme/chat/push/settings", token, &json!({})).await;
        let (far, _) = self.stack.call("GET", "/acme/chat/users/ann/status", token, &json!({})).await;
        [near, far]
    }

    /// Returns the stored app.
    async fn stored(&self) -> App {
        self.stack.apps.app_alone(&AppKey::new("acme", "chat").unwrap()).await.unwrap().unwrap()
    }

    async fn replace(&self, body: Value) -> Value {
        self.stack.ok("POST", CREDENTIALS, OPERATOR_KEY, body).await
    }
}

#[tokio::test]
async fn a_replaced_secret_ends_at_once_and_takes_every_token_with_it() {
    let client = Client::start().await;
    let stolen = client.token(&client.secret).await;
    assert_eq!(client.opens(&stolen).await, [200, 200]);
    let made = client.replace(json!({})).await;
    assert_eq!((made["client_id"].as_str(), made.get("previous_valid_until")), (Some(client.id.as_str()), None));
    let secret = made["client_secret"].as_str().unwrap();
    assert_ne!(secret, client.secret);

    assert_eq!(client.grant(&client.secret, json!({})).await.0, 401);
    let fresh = client.token(secret).await;
    // Another function has the app cached, and still accepts the newer token.
    assert_eq!(client.opens(&fresh).await, [200, 200]);
    assert_eq!(client.opens(&stolen).await, [401, 401]);
}

#[tokio::test]
async fn a_function_that_has_the_app_cached_refuses_revoked_tokens_within_a_minute() {
    let client = Client::start().await;
    let stolen = client.token(&client.secret).await;
    assert_eq!(client.opens(&stolen).await, [200, 200]);
    client.replace(json!({"grace_seconds": 0})).await;
    assert_eq!(client.opens(&stolen).await, [401, 200]);
    client.stack.clock.advance(KEPT);
    assert_eq!(client.opens(&stolen).await, [401, 401]);
}

#[tokio::test]
async fn within_its_grace_time_the_old_secret_works_and_tokens_go_on() {
    let client = Client::start().await;
    let token = client.token(&client.secret).await;
    let made = client.replace(json!({"grace_seconds": 3600})).await;
    let until = client.stack.clock.now().as_millis() + 3_600_000;
    assert_eq!(made["previous_valid_until"], json!(until));
    let secret = made["client_secret"].as_str().unwrap();
    for secret in [client.secret.as_str(), secret] {
        client.token(secret).await;
    }
    client.stack.clock.advance(Duration::from_millis(3_599_999));
    client.token(&client.secret).await;
    client.stack.clock.advance(Duration::from_millis(1));
    assert_eq!(client.grant(&client.secret, json!({})).await.0, 401);
    client.token(secret).await;
    assert_eq!(client.opens(&token).await, [200, 200]);
}

#[tokio::test]
async fn a_call_that_is_repeated_because_its_answer_was_lost_leaves_the_deployed_secret_its_grace_time() {
    let client = Client::start().await;
    let mut secrets = vec![client.secret.clone()];
    for _ in 0..4 {
        let made = client.replace(json!({"grace_seconds": 60})).await;
        secrets.push(made["client_secret"].as_str().unwrap().to_owned());
    }
    // The current secret and the three before it.
    assert_eq!(client.grant(&secrets[0], json!({})).await.0, 401);
    for secret in &secrets[1..] {
        client.token(secret).await;
    }
    client.stack.clock.advance(Duration::from_secs(60));
    for secret in &secrets[1..4] {
        assert_eq!(client.grant(secret, json!({})).await.0, 401);
    }
    client.token(&secrets[4]).await;
}

#[tokio::test]
async fn a_call_that_is_repeated_later_leaves_the_deployed_secret_its_own_end() {
    let client = Client::start().await;
    let hour = json!({"grace_seconds": 3600});
    let lost = client.replace(hour.clone()).await["client_secret"].as_str().unwrap().to_owned();
    client.stack.clock.advance(Duration::from_secs(60));
    let made = client.replace(hour).await["client_secret"].as_str().unwrap().to_owned();
    client.stack.clock.advance(Duration::from_millis(3_539_999));
    for secret in [&client.secret, &lost, &made] {
        client.token(secret).await;
    }
    client.stack.clock.advance(Duration::from_millis(1));
    assert_eq!(client.grant(&client.secret, json!({})).await.0, 401);
    client.token(&lost).await;
    client.stack.clock.advance(Duration::from_secs(60));
    assert_eq!(client.grant(&lost, json!({})).await.0, 401);
    client.token(&made).await;
}

#[tokio::test]
async fn one_call_with_a_short_grace_time_ends_every_earlier_secret_soon() {
    let client = Client::start().await;
    let second = client.replace(json!({"grace_seconds": 86_400})).await["client_secret"].as_str().unwrap().to_owned();
    let made = client.replace(json!({"grace_seconds": 60})).await;
    assert_eq!(made["previous_valid_until"], json!(client.stack.clock.now().as_millis() + 60_000));
    client.stack.clock.advance(Duration::from_millis(59_999));
    for secret in [&client.secret, &second] {
        client.token(secret).await;
    }
    client.stack.clock.advance(Duration::from_millis(1));
    for secret in [&client.secret, &second] {
        assert_eq!(client.grant(secret, json!({})).await.0, 401);
    }
    client.token(made["client_secret"].as_str().unwrap()).await;
}

#[tokio::test]
async fn without_a_grace_time_every_earlier_secret_ends() {
    let client = Client::start().await;
    let second = client.replace(json!({"grace_seconds": 86_400})).await["client_secret"].as_str().unwrap().to_owned();
    client.replace(json!({})).await;
    for secret in [&client.secret, &second] {
        assert_eq!(client.grant(secret, json!({})).await.0, 401);
    }
}

#[tokio::test]
async fn revoking_refuses_every_token_before_and_none_after_also_within_the_same_millisecond() {
    let client = Client::start().await;
    let app_token = client.token(&client.secret).await;
    let inherit = json!({"grant_type": "inherit", "username": "ann", "autoCreateUser": true});
    let user_token = client.stack.ok("POST", "/acme/chat/token", &app_token, inherit.clone()).await;
    let user_token = user_token["access_token"].as_str().unwrap().to_owned();
    let revoked = client.stack.ok("POST", REVOKE, OPERATOR_KEY, json!({})).await;
    assert_eq!(revoked["data"]["revoked_before"], json!(client.stack.clock.now().as_millis()));
    for old in [&app_token, &user_token] {
        assert_eq!(client.opens(old).await[0], 401);
        assert_eq!(client.stack.call("POST", "/acme/chat/token", old, &inherit).await.0, 401);
    }
    // The clock did not move, and the secret is the same.
    let fresh = client.token(&client.secret).await;
    assert_eq!(client.opens(&fresh).await, [200, 200]);
    assert_eq!(client.stack.call("POST", "/acme/chat/token", &fresh, &inherit).await.0, 200);
}

#[tokio::test]
async fn a_revoked_app_token_buys_no_user_token_from_a_process_that_has_the_app_cached() {
    let client = Client::start().await;
    let stolen = client.token(&client.secret).await;
    assert_eq!(client.opens(&stolen).await[0], 200);
    // Another process revokes the tokens. This process has the app cached.
    let mut app = client.stored().await;
    app.revoke_tokens(TokenKey { id: "other".into(), public_key: "other".into() });
    client.stack.apps.change_app(&app).await.unwrap();
    let inherit = json!({"grant_type": "inherit", "username": "ann", "autoCreateUser": true});
    assert_eq!(client.stack.call("POST", "/acme/chat/token", &stolen, &inherit).await.0, 401);
}

#[tokio::test]
async fn a_rotated_signing_secret_gives_apps_new_keys_and_ends_no_token() {
    let client = Client::start().await;
    let first = client.token(&client.secret).await;
    client.stack.signing_secret.rotate("the second secret");
    // A process with the old secret cached signs with the key that it has.
    let cached = client.token(&client.secret).await;
    client.stack.signing_secret.forget_cached();
    let second = client.token(&client.secret).await;
    for token in [&first, &cached, &second] {
        assert_eq!(client.opens(token).await, [200, 200]);
    }
    assert_ne!(kid(&first), kid(&second));
    assert_eq!(kid(&first), kid(&cached));
    // The same key still signs.
    assert_eq!(kid(&client.token(&client.secret).await), kid(&second));

    client.stack.signing_secret.rotate("the third secret");
    client.stack.signing_secret.forget_cached();
    let third = client.token(&client.secret).await;
    client.stack.clock.advance(KEPT);
    assert_eq!(client.opens(&first).await, [401, 401]);
    for token in [&second, &third] {
        assert_eq!(client.opens(token).await, [200, 200]);
    }
}

#[tokio::test]
async fn revoking_after_a_rotation_leaves_no_key_of_the_old_secret() {
    let client = Client::start().await;
    let forged = client.token(&client.secret).await;
    client.stack.signing_secret.rotate("the second secret");
    // Revoking reads the secret again, cached or not.
    client.stack.ok("POST", REVOKE, OPERATOR_KEY, json!({})).await;
    assert_eq!(client.opens(&forged).await[0], 401);
    let app = client.stored().await;
    assert_eq!(app.token_keys().count(), 1);
    client.stack.signing_secret.forget_cached();
    let fresh = client.token(&client.secret).await;
    assert_eq!(kid(&fresh), app.token_key.id);
    assert_eq!(client.opens(&fresh).await, [200, 200]);
}

#[tokio::test(start_paused = true)]
async fn changes_at_the_same_time_do_not_undo_one_another() {
    let client = Client::start().await;
    let token = client.token(&client.secret).await;
    // All calls read before one writes.
    client.stack.apps.faults.slow_down_of("change_app", Duration::from_secs(1));
    let settings = json!({"max_bindings": 3});
    let (replaced, _, changed) = tokio::join!(
        client.replace(json!({"grace_seconds": 60})),
        client.stack.ok("POST", REVOKE, OPERATOR_KEY, json!({})),
        client.stack.call("PUT", "/acme/chat/push/settings", &token, &settings),
    );
    let app = client.stored().await;
    let expected = if changed.0 == 200 { 3 } else { 16 };
    assert_eq!(app.settings.max_bindings, expected, "{changed:?}");
    assert!(!app.previous_secrets.is_empty());
    client.token(replaced["client_secret"].as_str().unwrap()).await;
    client.stack.clock.advance(KEPT);
    assert_eq!(client.opens(&token).await, [401, 401]);
}

#[tokio::test]
async fn no_token_lives_longer_than_the_app_allows() {
    let client = Client::start().await;
    let lives = async |more: Value| client.grant(&client.secret, more).await.1["expires_in"].as_i64().unwrap();
    const DAY: i64 = 86_400;
    for (asked, given) in [
        (json!({}), 60 * DAY),
        (json!({"ttl": 0}), 90 * DAY),
        (json!({"ttl": 90 * DAY}), 90 * DAY),
        (json!({"ttl": 90 * DAY + 1}), 90 * DAY),
        (json!({"ttl": 1}), 1),
    ] {
        assert_eq!(lives(asked.clone()).await, given, "{asked}");
    }
    let token = client.token(&client.secret).await;
    let settings = json!({"max_token_seconds": 3600});
    client.stack.ok("PUT", "/acme/chat/push/settings", &token, settings).await;
    assert_eq!(lives(json!({})).await, 3600);
    let (_, answer) = client.grant(&client.secret, json!({"ttl": 0})).await;
    let endless = answer["access_token"].as_str().unwrap();
    client.stack.clock.advance(Duration::from_secs(3599));
    assert_eq!(client.opens(endless).await, [200, 200]);
    client.stack.clock.advance(Duration::from_secs(1));
    assert_eq!(client.opens(endless).await, [401, 401]);
}

#[tokio::test]
async fn what_breaks_a_rule_changes_nothing() {
    let client = Client::start().await;
    let stack = &client.stack;
    for (body, text) in [
        (json!({"grace_seconds": -1}), "grace_seconds must be 0 to 86400"),
        (json!({"grace_seconds": 86_401}), "grace_seconds must be 0 to 86400"),
        (json!({"grace_seconds": "60"}), "grace_seconds must be a whole number"),
    ] {
        let (status, answer) = stack.call("POST", CREDENTIALS, OPERATOR_KEY, &body).await;
        assert_eq!((status, answer["error_description"].as_str()), (400, Some(text)));
    }
    let token = client.token(&client.secret).await;
    for path in [CREDENTIALS, REVOKE] {
        assert_eq!(stack.call("POST", path, &token, &json!({})).await.0, 401);
        let unknown = path.replace("chat", "shop");
        assert_eq!(stack.call("POST", &unknown, OPERATOR_KEY, &json!({})).await.0, 404);
    }
    client.token(&client.secret).await;
    assert_eq!(client.opens(&token).await, [200, 200]);
    for seconds in [59, 31_536_001] {
        let body = json!({"max_token_seconds": seconds});
        let (status, answer) = stack.call("PUT", "/acme/chat/push/settings", &token, &body).await;
        let text = "max_token_seconds must be 60 to 31536000";
        assert_eq!((status, answer["error_description"].as_str()), (400, Some(text)));
    }
}

#[tokio::test]
async fn no_app_takes_the_name_of_another_route() {
    let stack = Stack::start();
    for org in ["push", "Console", "management"] {
        let body = json!({"org": org, "app": "report"});
        let (status, answer) = stack.call("POST", "/management/apps", OPERATOR_KEY, &body).await;
        let text = "org must not be one of: console, management, push; other routes begin with these";
        assert_eq!((status, answer["error_description"].as_str()), (400, Some(text)));
    }
    let app: TestApp = stack.app("push", json!({})).await;
    assert_eq!(app.path("x"), "/acme/push/x");
}

/// Returns the key that signed a token.
fn kid(token: &str) -> String {
    key_id(token).unwrap()
}

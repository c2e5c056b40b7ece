//! App tokens that the operator gets without the client secret.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    app_deletion::operator,
    harness::{OPERATOR_KEY, Stack},
    operators::operators_bearer,
};

const TOKEN: &str = "/management/apps/acme/chat/token";

#[tokio::test]
async fn the_operator_opens_an_app_for_an_hour_and_its_client_secret_stays() {
    let stack = Stack::start();
    let made = stack.ok("POST", "/management/apps", OPERATOR_KEY, json!({"org": "acme", "app": "chat"})).await;
    let bearer = operators_bearer(&stack).await;
    for key in [OPERATOR_KEY, bearer.as_str()] {
        let (status, issued) = stack.call_with("POST", TOKEN, key, &[], String::new()).await;
        assert_eq!((status, &issued["expires_in"], &issued["application"]), (200, &json!(3600), &json!("acme#chat")));
        let token = issued["access_token"].as_str().unwrap();
        // It is an app token, because it may change settings.
        stack.ok("PUT", "/acme/chat/push/settings", token, json!({"advanced_push": true})).await;
    }
    let grant = json!({"grant_type": "client_credentials", "client_id": made["client_id"], "client_secret": made["client_secret"]});
    stack.ok("POST", "/acme/chat/token", "", grant).await;
}

#[tokio::test]
async fn a_token_that_the_operator_got_ends_in_time_and_with_all_tokens_of_the_app() {
    let stack = Stack::start();
    stack.app("chat", json!({})).await;
    let issue = async |body: Value| {
        let issued = stack.ok("POST", TOKEN, OPERATOR_KEY, body).await;
        issued["access_token"].as_str().unwrap().to_owned()
    };
    let opens = async |token: &str| stack.call("GET", "/acme/chat/push/settings", token, &json!({})).await.0;
    let (short, long) = (issue(json!({"ttl": 60})).await, issue(json!({})).await);
    assert_eq!((opens(&short).await, opens(&long).await), (200, 200));
    stack.clock.advance(Duration::from_secs(60));
    assert_eq!((opens(&short).await, opens(&long).await), (401, 200));
    stack.ok("POST", "/management/apps/acme/chat/tokens/revoke", OPERATOR_KEY, json!({})).await;
    assert_eq!(opens(&long).await, 401);
}

#[tokio::test]
async fn the_operator_gets_support_tokens_too_for_up_to_30_days() {
    let stack = Stack::start();
    stack.app("chat", json!({})).await;
    for (ttl, seconds) in [(None, 86_400), (Some(2_592_000), 2_592_000)] {
        let issued = stack.ok("POST", TOKEN, OPERATOR_KEY, json!({"scope": "support", "ttl": ttl})).await;
        assert_eq!(issued["expires_in"], seconds);
        let token = issued["access_token"].as_str().unwrap();
        assert_eq!(stack.call("GET", "/acme/chat/users", token, &json!({})).await.0, 200);
        assert_eq!(stack.call("DELETE", "/acme/chat/users/ann", token, &json!({})).await.0, 403);
    }
    let app = json!({"org": "acme", "app": "brief", "settings": {"max_token_seconds": 60}});
    stack.ok("POST", "/management/apps", OPERATOR_KEY, app).await;
    for body in [json!({}), json!({"scope": "support"})] {
        let issued = stack.ok("POST", "/management/apps/acme/brief/token", OPERATOR_KEY, body).await;
        assert_eq!(issued["expires_in"], 60);
    }
}

#[tokio::test]
async fn a_request_that_breaks_a_rule_is_refused_by_its_field() {
    let stack = Stack::start();
    stack.app("chat", json!({})).await;
    for (field, body) in [
        ("ttl", json!({"ttl": 0})),
        ("ttl", json!({"ttl": 3601})),
        ("ttl", json!({"ttl": "60"})),
        ("ttl", json!({"scope": "support", "ttl": 2_592_001})),
        ("scope", json!({"scope": "app"})),
        ("scope", json!({"scope": ["support"]})),
        ("the request body", json!([])),
    ] {
        let (status, answer) = stack.call("POST", TOKEN, OPERATOR_KEY, &body).await;
        assert_eq!(status, 400, "{body}: {answer}");
        assert!(answer["error_description"].as_str().unwrap().starts_with(field), "{body}: {answer}");
    }
}

#[tokio::test]
async fn an_unknown_app_is_not_found_and_one_that_is_being_deleted_is_a_conflict() {
    let stack = Stack::start();
    assert_eq!(stack.call("POST", TOKEN, OPERATOR_KEY, &json!({})).await.0, 404);
    stack.app("chat", json!({})).await;
    operator(&stack, "DELETE").await;
    let (status, answer) = stack.call("POST", TOKEN, OPERATOR_KEY, &json!({})).await;
    assert_eq!(status, 409, "{answer}");
    assert!(answer["error_description"].as_str().unwrap().contains("is being deleted"), "{answer}");
    stack.drain().await;
    assert_eq!(stack.call("POST", TOKEN, OPERATOR_KEY, &json!({})).await.0, 404);
}

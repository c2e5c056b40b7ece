//! Bad input for apps and their tokens.

use curlew_tests::stack::App;
use reqwest::Method;
use serde_json::{Value, json};

use super::{all_are_illegal, refusal, with};
use crate::harness::{World, canary};

#[tokio::test]
async fn an_app_that_breaks_a_rule_is_refused_by_name() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let api = &tenant.app.api;
    let good = json!({"org": "acme", "app": format!("e2e-{}", canary::fresh())});
    let settings = |settings: Value| with(&good, "settings", settings);
    let cases = [
        (with(&good, "org", Value::Null), 400, "org is required"),
        (with(&good, "org", json!("a b")), 400, "org must be 1 to 64 characters of a-z, 0-9, _ and -"),
        (with(&good, "org", json!("management")), 400, "org must not be "),
        (with(&good, "org", json!("push")), 400, "org must not be "),
        (with(&good, "app", json!("x".repeat(65))), 400, "app must be 1 to 64 characters of a-z, 0-9, _ and -"),
        (with(&good, "app", json!(tenant.app.app)), 409, "the app acme#"),
        (settings(json!("none")), 400, "settings must be an object"),
        (settings(json!({"max_bindings": 0})), 400, "settings.max_bindings must be 1 to 100"),
        (settings(json!({"max_bindings": "9"})), 400, "settings.max_bindings must be a whole number"),
        (settings(json!({"presence_lease_seconds": 4})), 400, "settings.presence_lease_seconds must be 5 to 3600"),
        (settings(json!({"multi_device_policy": "none"})), 400, "settings.multi_device_policy must be one of"),
    ];
    for (body, wanted, text) in cases {
        let (status, _, said) = refusal(api.operator_call(Method::POST, "/management/apps").json(&body)).await;
        assert_eq!(status, wanted, "{said}");
        assert!(said.starts_with(text), "{said:?} does not begin like {text:?}");
    }
    let path = "/management/apps/acme/e2e-none";
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(refusal(api.operator_call(method, path)).await.0, 404);
    }
    for wrong in [canary::secret(), tenant.app.token.clone()] {
        let (status, error, _) = refusal(api.call(Method::POST, "/management/apps").bearer(&wrong).json(&good)).await;
        assert_eq!((status, error.as_str()), (401, "auth_bad_access_token"));
    }
    let (status, error, _) = refusal(api.call(Method::POST, "/management/apps").json(&good)).await;
    assert_eq!((status, error.as_str()), (401, "unauthorized"));
}

#[tokio::test]
async fn a_token_is_given_to_nobody_who_cannot_prove_a_right_to_it() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let App { client_id, client_secret, .. } = &tenant.app;
    let good = json!({"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret});
    let cases = [
        (with(&good, "grant_type", Value::Null), "grant_type is required"),
        (with(&good, "grant_type", json!("agora")), "grant_type must be one of: client_credentials, inherit"),
        (with(&good, "client_id", Value::Null), "client_id is required"),
        (with(&good, "client_secret", json!(7)), "client_secret must be a string"),
        (with(&good, "ttl", json!(-1)), "ttl must be 0 to"),
        (with(&good, "ttl", json!("60")), "ttl must be a whole number"),
        (json!({"grant_type": "inherit"}), "username is required"),
        (json!({"grant_type": "inherit", "username": "no blanks"}), "username must be 1 to 64 characters"),
    ];
    all_are_illegal(&tenant, Method::POST, "/token", &cases).await;
    for (field, value) in [("client_id", canary::secret()), ("client_secret", canary::secret())] {
        let (status, error, _) =
            refusal(tenant.app.anonymous_call(Method::POST, "/token").json(&with(&good, field, json!(value)))).await;
        assert_eq!((status, error.as_str()), (401, "invalid_grant"));
    }
    let inherit = json!({"grant_type": "inherit", "username": "ann"});
    let (status, error, _) = refusal(tenant.app.anonymous_call(Method::POST, "/token").json(&inherit)).await;
    assert_eq!((status, error.as_str()), (401, "unauthorized"));
    let user = tenant.app.user_token("ann").await.unwrap();
    canary::note(&user);
    let (status, error, _) =
        refusal(tenant.app.anonymous_call(Method::POST, "/token").bearer(&user).json(&inherit)).await;
    assert_eq!((status, error.as_str()), (403, "forbidden"));
}

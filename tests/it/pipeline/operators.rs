//! The operator's bearer: what it may call, and what ends it.

use std::time::Duration;

use curlew_tests::access::described_routes;
use serde_json::{Value, json};

use super::{
    harness::{OPERATOR_KEY, Stack},
    socket::user_token,
    support_routes::World,
};

const EXCHANGE: &str = "/management/token";
const APP: &str = "/management/apps/acme/chat";

/// Returns an operator's bearer.
pub async fn operators_bearer(stack: &Stack) -> String {
    let answer = stack.ok("POST", EXCHANGE, OPERATOR_KEY, json!({})).await;
    assert_eq!(answer["expires_in"], 3600);
    answer["access_token"].as_str().unwrap().to_owned()
}

async fn opens(stack: &Stack, bearer: &str) -> u16 {
    stack.call("GET", APP, bearer, &json!({})).await.0
}

#[tokio::test]
async fn a_bearer_opens_what_the_operator_key_opens_for_an_hour_and_renews_nothing() {
    let stack = Stack::start();
    stack.app("chat", json!({})).await;
    let bearer = operators_bearer(&stack).await;
    assert_eq!(opens(&stack, &bearer).await, 200);
    assert_eq!(stack.call("POST", EXCHANGE, &bearer, &json!({})).await.0, 401);
    stack.clock.advance(Duration::from_secs(3599));
    assert_eq!(opens(&stack, &bearer).await, 200);
    stack.clock.advance(Duration::from_secs(1));
    assert_eq!(opens(&stack, &bearer).await, 401);
}

#[tokio::test]
async fn each_route_takes_the_operators_bearers_that_are_described_and_no_token_of_an_app() {
    let world = World::start().await;
    let bearer = operators_bearer(&world.stack).await;
    let ann = user_token(&world.stack, &world.app, "ann", json!({})).await;
    let mut wrong = Vec::new();
    // This route deletes the app, so it comes last.
    let (last, mut routes): (Vec<_>, Vec<_>) =
        described_routes().into_iter().partition(|route| route.method == "DELETE");
    routes.extend(last);
    for route in routes.iter().filter(|route| route.takes("operatorKey")) {
        for (name, token) in
            [("an app token", &world.app.token), ("a user token", &ann), ("garbage", &"a.b.c".to_owned())]
        {
            let (status, answer) = world.ask(route, token).await;
            if status != 401 {
                wrong.push(format!("{route} to {name}: {status} {answer}"));
            }
        }
        let (status, answer) = world.ask(route, &bearer).await;
        if (status != 401) != route.takes("operatorToken") {
            wrong.push(format!("{route} to the bearer: {status} {answer}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn no_route_of_an_app_takes_the_operators_bearer() {
    let world = World::start().await;
    let bearer = operators_bearer(&world.stack).await;
    let mut wrong = Vec::new();
    for route in described_routes().iter().filter(|route| route.is_of_app()) {
        let (status, answer) = world.ask(route, &bearer).await;
        if status != 401 {
            wrong.push(format!("{route}: {status} {answer}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn a_new_operator_key_or_signing_secret_ends_every_bearer_once_it_is_read() {
    let stack = Stack::start();
    stack.app("chat", json!({})).await;
    let bearer = operators_bearer(&stack).await;
    stack.operator_key.rotate("another operator key");
    assert_eq!(opens(&stack, &bearer).await, 200);
    stack.operator_key.forget_cached();
    assert_eq!(opens(&stack, &bearer).await, 401);
    assert_eq!(stack.call("POST", EXCHANGE, OPERATOR_KEY, &json!({})).await.0, 401);

    let issued: Value = stack.ok("POST", EXCHANGE, "another operator key", json!({})).await;
    let bearer = issued["access_token"].as_str().unwrap();
    assert_eq!(opens(&stack, bearer).await, 200);
    stack.signing_secret.rotate("another signing secret");
    stack.signing_secret.forget_cached();
    assert_eq!(opens(&stack, bearer).await, 401);
}

//! Checks what a support token may call against `docs/openapi.yaml`.

use std::time::Duration;

use curlew_tests::access::{ApiRoute, described_routes};
use serde_json::{Value, json};

use super::{
    described_routes::{body, uri},
    harness::{HUAWEI, Stack, TestApp},
    support_tokens::support_token,
};

/// An app with ann, her phone and a message that was pushed to it.
pub struct World {
    pub stack: Stack,
    pub app: TestApp,
    pub support: String,
    pub message: String,
}

impl World {
    pub async fn start() -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({"advanced_push": true})).await;
        stack.bind(&app, "ann", "phone", HUAWEI, &curlew_tests::simulators::huawei::device_token()).await;
        let message = stack.send(&app, &["ann"], json!({})).await[0].to_string();
        stack.drain().await;
        let support = support_token(&stack, &app, json!({})).await;
        Self { stack, app, support, message }
    }

    /// Calls a route with a bearer, a second after the call before, so that no rate is exceeded.
    pub async fn ask(&self, route: &ApiRoute, bearer: &str) -> (u16, Value) {
        self.stack.clock.advance(Duration::from_secs(1));
        self.stack.call(&route.method, &uri(route, &self.stack, &self.message), bearer, &body(route)).await
    }
}

#[tokio::test]
async fn support_reads_every_route_that_is_described_for_it() {
    let world = World::start().await;
    let mut refused = Vec::new();
    for route in described_routes().iter().filter(|route| route.takes("supportToken")) {
        let (status, answer) = world.ask(route, &world.support).await;
        if status != 200 {
            refused.push(format!("{route}: {status} {answer}"));
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");
}

#[tokio::test]
async fn every_other_route_of_an_app_refuses_support_and_says_what_it_may_do() {
    let world = World::start().await;
    let mut opened = Vec::new();
    for route in described_routes().iter().filter(|route| route.is_of_app() && !route.takes("supportToken")) {
        let (status, answer) = world.ask(route, &world.support).await;
        let says =
            answer["error_description"].as_str().is_some_and(|text| text.starts_with("a support token may only"));
        if status != 403 || !says {
            opened.push(format!("{route}: {status} {answer}"));
        }
    }
    assert!(opened.is_empty(), "{opened:#?}");
}

#[tokio::test]
async fn no_route_of_the_operator_takes_a_support_token() {
    let world = World::start().await;
    let mut opened = Vec::new();
    for route in described_routes().iter().filter(|route| route.takes("operatorKey")) {
        let (status, answer) = world.ask(route, &world.support).await;
        if status != 401 {
            opened.push(format!("{route}: {status} {answer}"));
        }
    }
    assert!(opened.is_empty(), "{opened:#?}");
}

#[tokio::test]
async fn the_text_of_the_refusal_names_every_route_that_support_reads() {
    let world = World::start().await;
    let (_, refusal) = world.stack.call("GET", "/acme/chat/chatgroups", &world.support, &json!({})).await;
    let text = refusal["error_description"].as_str().unwrap();
    for route in described_routes().iter().filter(|route| route.takes("supportToken")) {
        let own = route.path.trim_start_matches("/{org}/{app}/").trim_start_matches("users/{username}/");
        // The status of the user named "batch".
        let own = own.trim_start_matches("users/batch/");
        let named = if own.starts_with("notification/") { "notification settings" } else { own };
        assert!(text.contains(named.trim_end_matches("/{name}")), "{route} is not in: {text}");
    }
}

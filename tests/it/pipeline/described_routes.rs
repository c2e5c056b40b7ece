//! The described routes, as calls that a test can make on the app acme#chat.

use curlew_tests::access::ApiRoute;
use serde_json::{Value, json};
use shared::ports::clock::Clock;

use super::harness::{HUAWEI, Stack};

/// Returns a route's path with a value for each name in braces: the app acme#chat, the user ann, and this message of
/// hers. The query has the parameters that some routes require.
pub fn uri(route: &ApiRoute, stack: &Stack, message: &str) -> String {
    let now = stack.clock.now().as_millis();
    let path = route.path_with(|name| {
        let value = match name {
            "org" => "acme",
            "app" => "chat",
            "username" => "ann",
            "usernames" | "key" => "bob",
            "msg_id" => message,
            "chattype" => "user",
            "name" => HUAWEI,
            "begin" => "2026-11-01",
            "end" => "2026-11-02",
            _ => "any",
        };
        value.to_owned()
    });
    format!("{path}?user=ann&from={}&to={now}", now - 3_600_000)
}

/// Returns a valid body. Of the routes that only read, the dry run alone has one.
pub fn body(route: &ApiRoute) -> Value {
    match route.path.rsplit('/').next() {
        Some("explain") => json!({"from": "bob", "to": ["ann"], "type": "txt", "body": {"msg": "hello"}}),
        Some("token") if route.is_of_app() => json!({"grant_type": "inherit", "username": "ann"}),
        _ => json!({}),
    }
}

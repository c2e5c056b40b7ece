//! The routes in `docs/openapi.yaml`, as calls that a test can make.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::ports::clock::Clock;

use super::harness::{HUAWEI, Stack};
use crate::template::read_yaml;

/// A route, and the bearers that may call it.
pub struct DescribedRoute {
    pub method: String,
    pub path: String,
    bearers: BTreeSet<String>,
}

impl DescribedRoute {
    /// Returns whether the bearer of this name may call it.
    pub fn takes(&self, bearer: &str) -> bool {
        self.bearers.contains(bearer)
    }

    /// Returns whether it is a route of an app.
    pub fn is_of_app(&self) -> bool {
        self.takes("appToken") || self.takes("userToken")
    }

    /// Returns its path with a value for each name in braces: the app acme#chat, the user ann, and this message of
    /// hers. The query has the parameters that some routes require.
    pub fn uri(&self, stack: &Stack, message: &str) -> String {
        let now = stack.clock.now().as_millis();
        let values = [
            ("org", "acme"),
            ("app", "chat"),
            ("username", "ann"),
            ("usernames", "bob"),
            ("msg_id", message),
            ("chattype", "user"),
            ("key", "bob"),
            ("name", HUAWEI),
            ("begin", "2026-11-01"),
            ("end", "2026-11-02"),
        ];
        let mut path =
            values.iter().fold(self.path.clone(), |path, (name, value)| path.replace(&format!("{{{name}}}"), value));
        while let Some((before, rest)) = path.clone().split_once('{') {
            path = format!("{before}any{}", rest.split_once('}').unwrap().1);
        }
        format!("{path}?user=ann&from={}&to={now}", now - 3_600_000)
    }

    /// Returns a valid body. Of the routes that only read, the dry run alone has one.
    pub fn body(&self) -> Value {
        match self.path.rsplit('/').next() {
            Some("explain") => json!({"from": "bob", "to": ["ann"], "type": "txt", "body": {"msg": "hello"}}),
            Some("token") if self.is_of_app() => json!({"grant_type": "inherit", "username": "ann"}),
            _ => json!({}),
        }
    }
}

impl std::fmt::Display for DescribedRoute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// Returns every described route.
pub fn described_routes() -> Vec<DescribedRoute> {
    let description = read_yaml("docs/openapi.yaml");
    let mut routes = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(key, _)| *key != "parameters") {
            let ways = operation["security"].as_array().unwrap().iter();
            let bearers = ways.flat_map(|way| way.as_object().unwrap().keys().cloned()).collect();
            routes.push(DescribedRoute { method: method.to_ascii_uppercase(), path: path.clone(), bearers });
        }
    }
    routes
}

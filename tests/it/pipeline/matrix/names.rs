//! What stands for the names in a route's path.

use curlew_tests::access::ApiRoute;
use serde_json::{Value, json};
use shared::{domain::id::MessageId, ports::clock::Clock};

use crate::pipeline::harness::{HUAWEI, Stack, TestApp};

/// The things that a call names.
#[derive(Clone)]
pub struct Names {
    pub app: String,
    pub user: &'static str,
    pub other_user: &'static str,
    pub message: String,
    pub notifier: &'static str,
    pub template: &'static str,
    pub label: &'static str,
    pub group: &'static str,
    pub task: String,
    pub stored_push: String,
    pub resource: &'static str,
    pub gateway: &'static str,
    pub receipt_secret: String,
}

impl Names {
    /// Returns names of things that exist, as the world makes them.
    pub fn existing() -> Self {
        Self {
            app: "chat".to_owned(),
            user: "ann",
            other_user: "bob",
            message: String::new(),
            notifier: HUAWEI,
            template: "greeting",
            label: "vip",
            group: "birds",
            task: String::new(),
            stored_push: String::new(),
            resource: "android_phone",
            gateway: "gw7",
            receipt_secret: String::new(),
        }
    }

    /// Returns names of things that do not exist in the app.
    pub fn unknown(stack: &Stack, app: &TestApp) -> Self {
        let id = MessageId::new(stack.clock.now(), 0).to_string();
        Self {
            app: app.key.app().to_owned(),
            user: "nobody",
            other_user: "noone",
            message: id.clone(),
            notifier: "unknown",
            template: "unknown",
            label: "unknown",
            group: "unknown",
            task: id.clone(),
            stored_push: id,
            resource: "android_unknown",
            gateway: "gw8",
            receipt_secret: "0".repeat(32),
        }
    }

    /// Returns the route's path with these names. The query has the parameters that some routes require.
    pub fn uri(&self, route: &ApiRoute, stack: &Stack) -> String {
        let now = stack.clock.now().as_millis();
        let path = route.path_with(|name| self.value(route, name).to_owned());
        format!("{path}?user={}&from={}&to={now}", self.user, now - 3_600_000)
    }

    /// Returns a body that the route takes.
    pub fn body(&self, route: &ApiRoute, stack: &Stack) -> String {
        let user = self.user;
        let body: Value = match route.path.as_str() {
            "/{org}/{app}/token" => json!({"grant_type": "inherit", "username": user, "autoCreateUser": true}),
            "/{org}/{app}/push/explain" => {
                json!({"from": self.other_user, "to": [user], "type": "txt", "body": {"msg": "hello"}})
            }
            "/{org}/{app}/presence/events" => json!({"events": [{
                "user": user, "device_id": "phone", "session": "s", "status": "online", "ts": stack.clock.now(),
            }]}),
            "/{org}/{app}/users/{username}/offline_messages/ack" => json!({"up_to": self.message}),
            "/{org}/{app}/users/{username}/push/clicked" => json!({"msg_id": self.message, "device_id": "phone"}),
            _ => return route.example().unwrap_or("{}").to_owned(),
        };
        body.to_string()
    }

    /// Returns the things whose names an answer may repeat.
    pub fn of_things(&self) -> [&str; 8] {
        [
            &self.message,
            self.notifier,
            self.template,
            self.label,
            self.group,
            self.resource,
            &self.task,
            &self.stored_push,
        ]
    }

    fn value(&self, route: &ApiRoute, name: &str) -> &str {
        match name {
            "org" => "acme",
            "app" => &self.app,
            "username" => self.user,
            "usernames" | "key" => self.other_user,
            "chattype" => "user",
            "msg_id" => &self.message,
            "group" => self.group,
            "id" if route.path.contains("/push/task/") => &self.task,
            "id" if route.path.contains("/push/message/") => &self.stored_push,
            "name" if route.path.contains("/notifiers/") => self.notifier,
            "name" if route.path.contains("/notification/template/") => self.template,
            "name" if route.path.contains("/push/label/") => self.label,
            "resource" => self.resource,
            "gateway" => self.gateway,
            "vendor" => "huawei",
            "secret" => &self.receipt_secret,
            "begin" => "2026-11-01",
            "end" => "2026-11-02",
            _ => panic!("{route} names {{{name}}}: say here what stands for it"),
        }
    }
}

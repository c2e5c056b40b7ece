//! An app that has one of everything, and canaries in all that is secret or private.

use std::time::Duration;

use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use curlew_tests::{
    access::ApiRoute,
    simulators::{Filter, huawei},
};
use serde_json::{Value, json};
use shared::{domain::id::NotifierName, ports::apps::ReadApps};
use tower::ServiceExt;

use super::{
    callers::{Caller, Earlier, callers},
    names::Names,
};
use crate::pipeline::harness::{HUAWEI, OPERATOR_KEY, SIGNING_SECRET, Stack, TestApp};

/// What every private text of the app contains.
pub const CANARY: &str = "k4n4ry";

/// The app acme#chat with its callers, and the app acme#rival.
pub struct World {
    pub stack: Stack,
    pub app: TestApp,
    pub rival: TestApp,
    /// the names of what the app has
    pub names: Names,
    pub callers: Vec<Caller>,
    /// secrets, which no answer repeats
    pub secrets: Vec<(&'static str, String)>,
}

/// An answer of the API.
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl World {
    pub async fn start() -> Self {
        let stack = Stack::start();
        let mut app = stack.app("chat", json!({"advanced_push": true})).await;
        let rival = stack.app("rival", json!({"advanced_push": true})).await;
        let earlier = Earlier::issue(&stack, &app).await;
        stack.ok("POST", "/management/apps/acme/chat/tokens/revoke", OPERATOR_KEY, json!({})).await;
        // Tokens and the operator's bearer expire, and every function learns of the new key.
        stack.clock.advance(Duration::from_secs(3601));
        stack.renew(&mut app).await;
        let names = Names::existing();
        let mut world = Self { stack, app, rival, names, callers: Vec::new(), secrets: Vec::new() };
        world.fill().await;
        world.callers = callers(&world, earlier).await;
        world
    }

    /// Makes a call as this caller.
    pub async fn ask(&self, caller: &Caller, route: &ApiRoute, names: &Names) -> Answer {
        let mut request = Request::builder().method(route.method.as_str()).uri(names.uri(route, &self.stack));
        if let Some(authorization) = &caller.authorization {
            request = request.header("authorization", authorization);
        }
        let request = request.body(Body::from(names.body(route, &self.stack))).unwrap();
        let response = self.stack.api.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| panic!("{route}: no JSON: {bytes:?}"));
        Answer { status, body }
    }

    /// Returns everything that is stored, queued or sent, by its place.
    pub fn state(&self) -> Vec<(&'static str, String)> {
        let stack = &self.stack;
        vec![
            ("apps", format!("{:?}", stack.apps)),
            ("users", format!("{:?}", stack.users)),
            ("messages", format!("{:?}", stack.messages)),
            ("groups", format!("{:?}", stack.groups)),
            ("labels", format!("{:?}", stack.labels)),
            ("runtime", format!("{:?}", stack.runtime)),
            ("erasures", format!("{:?}", stack.erasures)),
            ("dispatch", format!("{:?}", stack.dispatch_queue)),
            ("push", format!("{:?}", stack.push_queues)),
            ("direct", format!("{:?}", stack.direct_queue)),
            ("callback", format!("{:?}", stack.callback_queue)),
            ("erase", format!("{:?}", stack.erase_queue)),
            ("dead letters", format!("{:?}", stack.dead_letters)),
            ("connections", format!("{:?}", stack.connections)),
            ("test pushes", stack.tester.pushes().len().to_string()),
            ("vendors", stack.simulators.requests(&Filter::default()).len().to_string()),
        ]
    }

    /// Returns the canaries that a text contains.
    pub fn canaries_in(&self, text: &str) -> Vec<&str> {
        let secrets = self.secrets.iter().map(|(_, secret)| secret.as_str());
        secrets.chain([CANARY]).filter(|canary| text.contains(canary)).collect()
    }

    async fn ok(&self, method: &str, rest: &str, body: Value) -> Value {
        self.stack.ok(method, &self.app.path(rest), &self.app.token, body).await
    }

    /// Gives the app one of everything.
    async fn fill(&mut self) {
        let text = |what: &str| format!("{CANARY} {what}");
        let token = huawei::device_token_of(&format!("{CANARY}{}", "0".repeat(40)));
        self.stack.bind(&self.app, "ann", "phone", HUAWEI, &token).await;
        self.stack.bind(&self.app, "bob", "tablet", HUAWEI, &huawei::device_token()).await;
        for user in ["ann", "bob"] {
            self.ok("PUT", &format!("users/{user}"), json!({"nickname": text("nickname")})).await;
        }
        let birds = json!({"groupid": "birds", "groupname": text("group"), "owner": "bob", "members": ["ann"]});
        self.ok("POST", "chatgroups", birds).await;
        self.ok("POST", "chatgroups/birds/announcement", json!({"announcement": text("announcement")})).await;
        self.ok("POST", "push/label", json!({"name": "vip", "description": text("label")})).await;
        self.ok("POST", "push/label/vip/user", json!({"usernames": ["ann"]})).await;
        let greeting = json!({"name": "greeting", "title_pattern": text("title"), "content_pattern": text("content")});
        self.ok("POST", "notification/template", greeting).await;
        self.ok("POST", "presence/gateways/gw7", json!({"ttl_seconds": 30})).await;
        let push = json!({"pushMessage": {"title": text("title"), "content": text("content")}});
        self.names.task = self.ok("POST", "push/task", push.clone()).await["data"].as_str().unwrap().to_owned();
        self.names.stored_push = self.ok("POST", "push/message", push).await["data"].as_str().unwrap().to_owned();
        let ext = json!({"em_push_ext": {"title": text("title"), "custom": {"note": text("custom data")}}});
        let body = json!({"ext": ext, "body": {"msg": text("text")}});
        self.names.message = self.stack.send(&self.app, &["ann", "bob"], body).await[0].to_string();
        self.stack.drain().await;
        self.keep_secrets().await;
    }

    /// Gives the app a callback, and notes its secrets and those of its notifier.
    async fn keep_secrets(&mut self) {
        let callback_secret = format!("whsec_{}", "c2VjcmV0IG9mIHRoZSBjYWxsYmFja3MgaW4gdGVzdHM=");
        let callback = json!({"url": format!("https://{CANARY}.example.com/hook"), "secret": callback_secret});
        self.ok("PUT", "push/settings", json!({"callback": callback})).await;
        let stored = self.stack.apps.app(&self.app.key).await.unwrap().unwrap();
        self.names.receipt_secret = stored.notifiers[&NotifierName::parse(HUAWEI).unwrap()].receipt_secret.clone();
        let vendor_secret = huawei::account::account().secret;
        self.secrets = vec![
            ("the operator key", OPERATOR_KEY.to_owned()),
            ("the secret of the signing keys", SIGNING_SECRET.to_owned()),
            ("the secret of the callback", callback_secret),
            ("a vendor's secret", vendor_secret),
            ("the app token", self.app.token.clone()),
        ];
    }
}

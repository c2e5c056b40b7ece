//! Calls to make to a server.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value, json};
use shared::{
    domain::{
        binding::DeviceToken,
        push::{Notification, SemanticClass},
    },
    ports::{
        access_tokens::TokenOwner,
        vendor::{Credential, VendorCall},
    },
    testing::{
        chance::{FixedClock, SeededEntropy},
        memory::MemoryRuntime,
        sample,
    },
    tls::ExtraCas,
};

use super::Server;
use crate::{Deps, transport::Transport};

/// What clients need whose vendors are all at this server, in a world of their own.
pub fn deps(server: &Server) -> Deps {
    Deps {
        access_tokens: Arc::new(MemoryRuntime::default()),
        clock: Arc::new(FixedClock::default()),
        entropy: Arc::new(SeededEntropy::default()),
        base_url: Some(server.base()),
        transport: Transport::Network,
        extra_cas: ExtraCas::none(),
    }
}

/// Everything that a call borrows.
pub struct Call {
    pub owner: TokenOwner,
    pub credential: Credential,
    pub options: Map<String, Value>,
    pub notification: Notification,
    pub ttl: Duration,
    pub receipt_url: Option<&'static str>,
    pub tokens: Vec<DeviceToken>,
}

impl Call {
    /// The same with another field of the credential record.
    pub fn with(mut self, field: &str, value: Value) -> Self {
        let mut record = self.credential.expose().clone();
        record[field] = value;
        self.credential = Credential::new(record, self.credential.fingerprint().to_owned());
        self
    }

    /// The same with a title and a body of so many characters, a long message id and a long life.
    pub fn with_long_texts(mut self, title: usize, body: usize) -> Self {
        self.notification.title = "题".repeat(title);
        self.notification.body = "文".repeat(body);
        self.notification.custom = object(json!({"m": "é".repeat(40)}));
        self.ttl = Duration::from_secs(u64::MAX / 1000);
        self
    }

    /// A chat message to these tokens.
    pub fn new(credential: Value, tokens: &[&str]) -> Self {
        let custom = json!({"f": "alice", "t": "bob", "m": "01K0000000000000000000000M", "e": {"room": 7}});
        Self {
            owner: TokenOwner { app: sample::app_key("acme#chat"), notifier: sample::notifier_name("n1") },
            credential: Credential::new(credential, "fingerprint".into()),
            options: Map::new(),
            notification: Notification {
                title: "Alice".into(),
                body: "Are you coming tonight?".into(),
                custom: object(custom),
                class: SemanticClass::Im,
                replace_id: "01K0000000000000000000000M".into(),
                badge: true,
                options: Map::new(),
            },
            ttl: Duration::from_secs(86_400),
            receipt_url: None,
            tokens: tokens.iter().map(|token| sample::token(token)).collect(),
        }
    }

    /// As the port takes it.
    pub fn as_call(&self) -> VendorCall<'_> {
        VendorCall {
            owner: &self.owner,
            credential: &self.credential,
            options: &self.options,
            notification: &self.notification,
            ttl: self.ttl,
            receipt_url: self.receipt_url,
            tokens: &self.tokens,
        }
    }
}

/// A JSON object's fields.
pub fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

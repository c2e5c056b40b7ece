//! The facts of a vendor that tests need, and pushes through its client.

use std::{
    collections::HashMap,
    ops::RangeInclusive,
    sync::atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};
use shared::{
    domain::{outcome::Outcome, vendor::Vendor},
    ports::vendor::CallReport,
    testing::sample,
};

use super::{Call, Say, Seen, Server, deps, times};
use crate::client;

/// A vendor as its tests see it.
pub struct TestedVendor {
    pub vendor: Vendor,
    /// returns a record with the needed fields only
    pub record: fn() -> Value,
    pub token_endpoint: Option<TokenEndpoint>,
    /// returns a device token, another one for each number
    pub token: fn(usize) -> String,
    /// returns the device tokens of a request
    pub targets: fn(&Seen) -> Vec<String>,
    /// answers that all is taken
    pub taken: fn(&Seen) -> Say,
    /// returns the outcome of a device token that `taken` took
    pub accepted: fn(&str) -> Outcome,
}

/// Where a vendor issues access tokens.
#[derive(Clone, Copy)]
pub struct TokenEndpoint {
    pub path: &'static str,
    /// returns the answer that issues an access token
    pub issue: fn(&str) -> Value,
    /// returns the access token that a request carries
    pub used: fn(&Seen) -> Option<String>,
}

impl TokenEndpoint {
    /// An endpoint of OAuth 2.0, whose tokens are bearers.
    pub const fn oauth(path: &'static str) -> Self {
        Self {
            path,
            issue: |token| json!({"access_token": token, "expires_in": 3600, "token_type": "Bearer"}),
            used: |seen| Some(seen.header("authorization")?.strip_prefix("Bearer ")?.to_owned()),
        }
    }
}

impl TestedVendor {
    /// A call to these device tokens.
    pub fn call(&self, tokens: &[&str]) -> Call {
        Call::new((self.record)(), tokens)
    }

    /// A call to so many device tokens.
    pub fn call_of(&self, count: usize) -> Call {
        let mut call = self.call(&[]);
        call.tokens = (0..count).map(|number| sample::token(&(self.token)(number))).collect();
        call
    }

    /// A server whose token endpoint, if there is one, issues `token-1`, `token-2`, ... and whose messages `send` answers.
    pub fn server(&self, send: impl Fn(&Seen) -> Say + Send + Sync + 'static) -> Server {
        let Some(endpoint) = self.token_endpoint else { return Server::start(send) };
        let issued = AtomicUsize::new(0);
        Server::start(move |seen| {
            if seen.path != endpoint.path {
                return send(seen);
            }
            let number = issued.fetch_add(1, Ordering::SeqCst) + 1;
            Say::json(200, (endpoint.issue)(&format!("token-{number}")))
        })
    }

    /// Pushes with a client of its own.
    pub async fn push(&self, server: &Server, call: &Call) -> CallReport {
        client(self.vendor, &deps(server)).send(call.as_call()).await
    }

    /// Pushes from a test that has no async runtime.
    pub fn push_blocking(&self, server: &Server, call: &Call) -> CallReport {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(self.push(server, call))
    }

    /// The requests that arrived, without those for access tokens.
    pub fn sends(&self, server: &Server) -> Vec<Seen> {
        let token_path = self.token_endpoint.map(|endpoint| endpoint.path);
        server.seen().into_iter().filter(|seen| Some(seen.path.as_str()) != token_path).collect()
    }

    /// The device tokens of each request that arrived.
    pub fn requests(&self, server: &Server) -> Vec<Vec<String>> {
        self.sends(server).iter().map(self.targets).collect()
    }

    /// How many requests carried each device token. Every request carried so many of them.
    pub fn asked(&self, server: &Server, per_request: RangeInclusive<usize>) -> HashMap<String, usize> {
        let requests = self.requests(server);
        assert!(requests.iter().all(|targets| per_request.contains(&targets.len())));
        times(&requests)
    }
}

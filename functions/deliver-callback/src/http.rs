//! The HTTP client of all apps' servers: one POST, one small answer.
//!
//! Guarantees: a request goes only to an address that the guard allows. It ends within its time. Only the first bytes of
//! an answer are read. A redirect is an answer like any other. No proxy is used.

use std::{
    error::Error,
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use reqwest::{Client, Request, Response, header::RETRY_AFTER, redirect};
use shared::{
    domain::url_guard::UrlGuard,
    ports::callbacks::{CallbackAnswer, CallbackCall, CallbackFailure, PostCallback},
    tls::{ExtraCas, client_config},
};
use tokio::time::timeout;

use crate::resolver::{Forbidden, GuardedResolver, LookUp};

/// Maximum duration of a call.
pub const MAX_CALL: Duration = Duration::from_secs(5);
/// Maximum duration of connecting: name, TCP and TLS.
const CONNECT: Duration = Duration::from_secs(3);
/// Maximum bytes of an answer's body. They are read only so that the connection can be used again.
const ANSWER: usize = 4 * 1024;
/// Maximum duration of reading the body, whose content does not matter.
const READING: Duration = Duration::from_millis(500);
/// How often a connection of HTTP/2 with running calls is pinged, and how long that may take. Without it
/// a connection to a machine that is gone would fail every call for minutes, though the name has other addresses.
const PING: Duration = Duration::from_secs(2);
/// How long an idle connection is used again; shorter than servers keep theirs.
const IDLE: Duration = Duration::from_secs(50);

/// The client. It is built at its first use, because that costs more than the rest of a function's start.
pub struct GuardedClient {
    resolver: GuardedResolver,
    client: OnceLock<Option<Client>>,
}

impl GuardedClient {
    /// Returns a client that keeps to the guard, and looks names up by `look_up`.
    pub fn new(guard: UrlGuard, look_up: Arc<dyn LookUp>) -> Self {
        Self { resolver: GuardedResolver { guard, look_up }, client: OnceLock::new() }
    }

    fn client(&self) -> Result<&Client, CallbackFailure> {
        let built = self.client.get_or_init(|| {
            let client = build(self.resolver.clone());
            client.inspect_err(|error| tracing::error!(error, "the HTTP client cannot be built")).ok()
        });
        built.as_ref().ok_or(CallbackFailure::Unreachable)
    }

    async fn exchange(&self, request: Request) -> Result<CallbackAnswer, CallbackFailure> {
        let response = self.client()?.execute(request).await.map_err(|error| failure(&error))?;
        let status = response.status().as_u16();
        let seconds = response.headers().get(RETRY_AFTER).and_then(|header| header.to_str().ok()?.trim().parse().ok());
        let answer = CallbackAnswer { status, retry_after: seconds.map(Duration::from_secs) };
        // The status is the answer, so a body that never ends changes nothing.
        let _ended = timeout(READING, drain(response)).await;
        Ok(answer)
    }
}

#[async_trait]
impl PostCallback for GuardedClient {
    async fn post_callback(&self, call: &CallbackCall) -> Result<CallbackAnswer, CallbackFailure> {
        let url = self.resolver.guard.judge(&call.url).map_err(|_| CallbackFailure::Refused)?;
        let mut request = self.client()?.post(url);
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        let request = request.body(call.body.clone()).build().map_err(|_| CallbackFailure::Unreachable)?;
        timeout(MAX_CALL, self.exchange(request)).await.unwrap_or(Err(CallbackFailure::Timeout))
    }
}

/// Reads the first bytes of a body. A longer one ends with its connection.
async fn drain(mut response: Response) {
    let mut read = 0;
    while let Ok(Some(chunk)) = response.chunk().await {
        read += chunk.len();
        if read > ANSWER {
            return;
        }
    }
}

/// Returns why there is no answer. The error's own text names the address, so it is not used.
fn failure(error: &reqwest::Error) -> CallbackFailure {
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.is::<Forbidden>() {
            return CallbackFailure::Refused;
        }
        source = cause.source();
    }
    if error.is_timeout() { CallbackFailure::Timeout } else { CallbackFailure::Unreachable }
}

fn build(resolver: GuardedResolver) -> Result<Client, String> {
    let tls = client_config(&ExtraCas::none()).map_err(|error| error.to_string())?;
    Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(resolver)
        .redirect(redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .user_agent("curlew")
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
        .http2_keep_alive_interval(PING)
        .http2_keep_alive_timeout(PING)
        .build()
        .map_err(|error| error.to_string())
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;

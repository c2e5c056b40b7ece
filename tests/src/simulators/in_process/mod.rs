//! The simulators without sockets and threads: all that happens follows from the requests, a clock and a seed.
//!
//! Waiting is tokio's, so a paused clock makes it cost nothing. Over a socket and in process, a caller learns the same of
//! every fault.

use std::future::pending;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::sleep;
use vendors::transport::{self, BaseUrl, Exchange, NoReply, Post, Transport};

use super::control::Control;
use super::engine::time::Clock;
use super::engine::{Answer, Engine, Random, Reply, Request};
use super::judges;

#[cfg(test)]
pub(super) mod tests;

/// How long a request travels to its vendor, and an answer back. A caller that ends before the arrival sent nothing; one
/// that ends later does not know what became of its request.
const WAY: Duration = Duration::from_millis(5);

/// Simulators of one simulation.
pub struct InProcess {
    control: Control,
    connections: AtomicU64,
}

impl InProcess {
    /// Returns simulators with a clock, in Unix milliseconds, and a seed for ids and access tokens.
    pub fn new(clock: Clock, seed: u64) -> Self {
        let engine = Engine::with(judges(), clock, Random::seeded(seed));
        Self { control: Control::new(Arc::new(engine)), connections: AtomicU64::new(0) }
    }

    /// Returns the address that stands for the hosts of all vendors. Requests to other addresses are not found.
    ///
    /// # Panics
    ///
    /// Never: the address is valid.
    pub fn base_url() -> BaseUrl {
        BaseUrl::parse("https://vendors.invalid").expect("a valid address")
    }

    /// Returns what carries the requests of one process of the product, over a connection of its own.
    pub fn transport(&self) -> Transport {
        let connection = self.connections.fetch_add(1, Ordering::Relaxed) + 1;
        Transport::Injected(Arc::new(Connection { engine: Arc::clone(self.control.engine()), number: connection }))
    }
}

impl Deref for InProcess {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.control
    }
}

struct Connection {
    engine: Arc<Engine>,
    number: u64,
}

#[async_trait]
impl Exchange for Connection {
    async fn exchange(&self, post: &Post) -> Result<transport::Answer, NoReply> {
        sleep(WAY).await;
        let name = post.url.path_segments().and_then(|mut segments| segments.next()).unwrap_or_default();
        let Some(vendor) = self.engine.vendor(name) else {
            return Ok(arrived(Answer::text(404, "text/plain", format!("no vendor {name} is simulated here\n"))));
        };
        let (delay, reply) = self.engine.receive(vendor, &self.request(name, post));
        sleep(delay + WAY).await;
        match reply {
            Reply::Answer(answer) => Ok(arrived(answer)),
            Reply::Broken(answer) => Ok(arrived(answer.halved())),
            Reply::Close | Reply::Reset => Err(NoReply::Unanswered("connection lost")),
            Reply::Hang => pending().await,
        }
    }
}

impl Connection {
    fn request(&self, vendor: &str, post: &Post) -> Request {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Request {
            method: "POST".to_owned(),
            path: post.url.path().trim_start_matches('/').strip_prefix(vendor).unwrap_or_default().to_owned(),
            query: post.url.query().map(str::to_owned),
            headers: post.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: post.body.clone(),
            version: "HTTP/2.0".to_owned(),
            connection: self.number,
        }
    }
}

fn arrived(Answer { status, headers, body }: Answer) -> transport::Answer {
    let header = |(name, value): (String, String)| Some((name.parse::<HeaderName>().ok()?, value.parse().ok()?));
    let headers: HeaderMap = headers.into_iter().filter_map(header).collect();
    transport::Answer { status, headers, body: body.into_bytes() }
}

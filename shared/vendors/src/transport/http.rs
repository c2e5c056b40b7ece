//! The HTTP client of all vendors: one POST, one small reply.
//!
//! Guarantees: every request ends within its time; an answer is never longer than [`Limits::answer`]; a redirect is an
//! answer like any other; what never left is told apart from what may have arrived. Building the client costs more than
//! the rest of a function's start, so it happens with the first request.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use reqwest::{
    Body, Client, Method, Request, Response, Url,
    header::{HeaderMap, RETRY_AFTER},
};
use shared::{
    cache::BoundedCache,
    domain::{outcome::CallError, vendor::Vendor},
    ports::clock::Clock,
    tls::ExtraCas,
};
use tokio::time::{Instant, timeout_at};

use super::{
    address::BaseUrl,
    connection,
    departure::{Departure, watched},
    exchange::{Exchange, Transport},
    failure::{REFUSED, causes, no_reply},
    hosts::Hosts,
    retry_after,
};

/// Addresses remembered at most: two a notifier.
const MAX_ADDRESSES: usize = 2000;

/// Bounds of every exchange.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// until a connection stands: name, TCP and TLS
    pub connect: Duration,
    /// until the answer is read
    pub total: Duration,
    /// bytes of an answer; what is longer is cut, and cut JSON is no JSON
    pub answer: usize,
}

impl Limits {
    /// The bounds for a vendor that needs no others.
    pub const USUAL: Self = Self {
        connect: Duration::from_secs(3),
        total: Duration::from_secs(10),
        // the longest honest answer names 1000 tokens
        answer: 512 * 1024,
    };
}

/// A request. The body may be sent twice, see [`Http::post`].
pub struct Post {
    /// where to, as [`Http::address`] gave it
    pub url: Url,
    /// its headers
    pub headers: HeaderMap,
    /// its body
    pub body: Bytes,
    /// how long it may take in all, if not as long as [`Limits::total`]
    pub within: Option<Duration>,
}

/// An answer, whatever its status. `Debug` shows the body's length only: it may hold a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// the HTTP status
    pub status: u16,
    /// the vendor's wish
    pub retry_after: Option<Duration>,
    /// the body, or as much of it as came and was allowed
    pub body: Vec<u8>,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply(status {}, {} bytes)", self.status, self.body.len())
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoReply {
    /// the request never left
    #[error("not sent: {0}")]
    NotSent(&'static str),
    /// the request may have arrived
    #[error("sent, but not answered: {0}")]
    Unanswered(&'static str),
}

impl From<NoReply> for CallError {
    fn from(no_reply: NoReply) -> Self {
        match no_reply {
            NoReply::NotSent(what) => Self::Unavailable { code: what.to_owned(), after: None },
            NoReply::Unanswered(what) => Self::Ambiguous { code: what.to_owned() },
        }
    }
}

/// One vendor's HTTP client, over the network or over an injected [`Exchange`].
pub struct Http {
    vendor: Vendor,
    base: Option<BaseUrl>,
    limits: Limits,
    clock: Arc<dyn Clock>,
    transport: Transport,
    /// the network's client
    extra_cas: ExtraCas,
    client: OnceLock<Result<Client, String>>,
    /// where vendor's addresses really are
    addresses: BoundedCache<String, Url>,
    hosts: Hosts,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("vendor", &self.vendor)
            .field("base", &self.base)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

// ----- what the vendors use -----

impl Http {
    /// The client of a vendor; connects to nothing yet.
    pub fn new(vendor: Vendor, base: Option<BaseUrl>, clock: Arc<dyn Clock>) -> Self {
        Self {
            vendor,
            base,
            limits: Limits::USUAL,
            clock,
            transport: Transport::Network,
            extra_cas: ExtraCas::none(),
            client: OnceLock::new(),
            addresses: BoundedCache::new(MAX_ADDRESSES),
            hosts: Hosts::default(),
        }
    }

    /// The same with other limits.
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The same over another transport.
    pub fn over(self, transport: Transport) -> Self {
        Self { transport, ..self }
    }

    /// The same that also trusts these certificate authorities.
    pub fn trusting(self, extra_cas: ExtraCas) -> Self {
        Self { extra_cas, ..self }
    }

    /// Where a vendor's address really is. Remembered, for reading an address costs as much as writing a push.
    pub fn address(&self, own: &str) -> Result<Url, NoReply> {
        let mut known = self.addresses.lock();
        if let Some(url) = known.get(own) {
            return Ok(url.clone());
        }
        let url = self.locate(own).ok_or(NoReply::NotSent("address"))?;
        known.put(own.to_owned(), url.clone());
        Ok(url)
    }

    /// Sends one request and reads the answer. Sends it once more if HTTP/2 says that it was not processed. A connection that
    /// breaks after the request began to leave leaves a doubt.
    pub async fn post(&self, post: Post) -> Result<Reply, NoReply> {
        let deadline = Instant::now() + post.within.unwrap_or(self.limits.total);
        match self.exchange(&post, deadline, false).await {
            Err(NoReply::NotSent(REFUSED)) => self.exchange(&post, deadline, true).await,
            result => result,
        }
    }
}

// ----- one exchange -----

impl Http {
    async fn exchange(&self, post: &Post, deadline: Instant, again: bool) -> Result<Reply, NoReply> {
        if let Transport::Injected(exchange) = &self.transport {
            // The box keeps this future out of every push over the network.
            return Box::pin(self.injected(&**exchange, post, deadline)).await;
        }
        let client = self.client()?;
        let (body, departure) = watched(post.body.clone());
        let under_way = self.hosts.enter(post.url.authority(), &departure, again);
        let _under_way = timeout_at(deadline, under_way).await.map_err(|_| NoReply::NotSent("timeout"))?;
        match client.execute(request(post, body, deadline)).await {
            Ok(response) => self.read(response).await,
            Err(error) => Err(self.no_reply(&error, &departure)),
        }
    }

    async fn injected(&self, exchange: &dyn Exchange, post: &Post, deadline: Instant) -> Result<Reply, NoReply> {
        let answered = timeout_at(deadline, exchange.exchange(post)).await;
        let answer =
            answered.unwrap_or(Err(NoReply::Unanswered("timeout"))).map_err(|no_reply| self.warn(no_reply, ""))?;
        let mut body = answer.body;
        body.truncate(self.limits.answer);
        Ok(Reply { status: answer.status, retry_after: self.retry_after(&answer.headers), body })
    }

    async fn read(&self, mut response: Response) -> Result<Reply, NoReply> {
        let retry_after = self.retry_after(response.headers());
        let status = response.status().as_u16();
        let told = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
        let mut body = Vec::with_capacity(told.min(self.limits.answer));
        while body.len() < self.limits.answer {
            match response.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) if error.is_timeout() => return Err(NoReply::Unanswered("timeout")),
                // half an answer is judged by its status
                Err(_) => break,
            }
        }
        body.truncate(self.limits.answer);
        Ok(Reply { status, retry_after, body })
    }

    fn retry_after(&self, headers: &HeaderMap) -> Option<Duration> {
        retry_after::parse(headers.get(RETRY_AFTER)?.to_str().ok()?, self.clock.now())
    }

    fn no_reply(&self, error: &reqwest::Error, departure: &Departure) -> NoReply {
        self.warn(no_reply(error, departure.has_left()), &causes(error))
    }

    fn warn(&self, no_reply: NoReply, cause: &str) -> NoReply {
        tracing::warn!(vendor = %self.vendor, "the vendor did not answer: {no_reply}{cause}");
        no_reply
    }

    fn client(&self) -> Result<&Client, NoReply> {
        let client = self.client.get_or_init(|| connection::client(&self.limits, &self.extra_cas));
        client.as_ref().map_err(|error| {
            tracing::error!(vendor = %self.vendor, "no HTTP client: {error}");
            NoReply::NotSent("client")
        })
    }

    fn locate(&self, own: &str) -> Option<Url> {
        let own = Url::parse(own).ok()?;
        match &self.base {
            None => Some(own),
            Some(base) => base.replace(self.vendor, &own),
        }
    }
}

fn request(post: &Post, body: Body, deadline: Instant) -> Request {
    let mut request = Request::new(Method::POST, post.url.clone());
    *request.headers_mut() = post.headers.clone();
    *request.body_mut() = Some(body);
    *request.timeout_mut() = Some(deadline.saturating_duration_since(Instant::now()));
    request
}

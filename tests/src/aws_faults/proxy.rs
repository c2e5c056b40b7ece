//! The proxy itself.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Json,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{
    answers::{counted_as, throttled, unavailable},
    client::PATH,
    plan::{AwsFault, Plan},
};
use crate::simulators::plain_http;

/// Longer than any call that a function waits for.
const LONGEST_CALL: Duration = Duration::from_secs(60);
/// Maximum bytes of a body: more than AWS accepts.
const LONGEST_BODY: usize = 16 << 20;

/// The end of a connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the planned end of a connection")]
struct NoAnswer;

/// How often each fault was played, by the service that was called.
type Played = BTreeMap<&'static str, BTreeMap<&'static str, u64>>;

/// The proxy's state.
struct Proxy {
    upstream: String,
    http: reqwest::Client,
    plan: Mutex<Option<Plan>>,
    calls: Mutex<BTreeMap<&'static str, u64>>,
    played: Mutex<Played>,
}

/// Serves until the listener fails. `upstream` is the address that calls are passed on to.
pub async fn serve(listener: TcpListener, upstream: &str) -> Result<(), Box<dyn std::error::Error>> {
    let proxy = Arc::new(Proxy {
        upstream: upstream.to_owned(),
        http: plain_http(LONGEST_CALL).build()?,
        plan: Mutex::default(),
        calls: Mutex::default(),
        played: Mutex::default(),
    });
    // All connections end when this function returns and drops the set.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                connections.spawn(connection(stream, proxy.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, proxy: Arc<Proxy>) {
    // Answers are small and must be sent at once.
    _ = stream.set_nodelay(true);
    let service = service_fn(move |request| proxy.clone().answer(request));
    // A client may close its connection at any time, so the result does not matter.
    _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Proxy {
    /// Answers a call. An error ends the connection without an answer.
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Response, NoAnswer> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(Body::new(body), LONGEST_BODY).await.map_err(|_| NoAnswer)?;
        if parts.uri.path() == PATH {
            return Ok(self.control(&parts.method, &body));
        }
        let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
        let fault = self.next_fault(counted_as(target, parts.uri.path()));
        match fault {
            None => self.pass_on(&parts, body).await,
            Some(AwsFault::Throttled) => Ok(refusal(throttled(target))),
            Some(AwsFault::Unavailable) => Ok(refusal(unavailable(target))),
            Some(AwsFault::NeverArrived) => Err(NoAnswer),
            Some(AwsFault::AnswerLost) => self.pass_on(&parts, body).await.and(Err(NoAnswer)),
            Some(AwsFault::Late(by)) => {
                let answer = self.pass_on(&parts, body).await;
                tokio::time::sleep(by).await;
                answer
            }
        }
    }

    /// Returns how the next call fails, if it does, and counts it.
    fn next_fault(&self, service: &'static str) -> Option<AwsFault> {
        let plan = (*locked(&self.plan))?;
        let number = self.number(service);
        let fault = plan.fault(service, number)?;
        *locked(&self.played).entry(service).or_default().entry(fault.name()).or_default() += 1;
        Some(fault)
    }

    /// Returns the number of the next call of a service in this plan.
    fn number(&self, service: &'static str) -> u64 {
        let mut calls = locked(&self.calls);
        let next = calls.entry(service).or_default();
        *next += 1;
        *next - 1
    }

    /// Passes a call on, and returns the answer.
    async fn pass_on(&self, parts: &Parts, body: Bytes) -> Result<Response, NoAnswer> {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let request = self.http.request(parts.method.clone(), format!("{}{path}", self.upstream));
        let answer = request.headers(end_to_end(&parts.headers)).body(body).send().await.map_err(|_| NoAnswer)?;
        let (status, headers) = (answer.status(), end_to_end(answer.headers()));
        let body = answer.bytes().await.map_err(|_| NoAnswer)?;
        Ok((status, headers, body).into_response())
    }

    fn control(&self, method: &Method, body: &[u8]) -> Response {
        match *method {
            Method::PUT => match serde_json::from_slice(body) {
                Ok(plan) => {
                    locked(&self.calls).clear();
                    *locked(&self.plan) = Some(plan);
                    StatusCode::NO_CONTENT.into_response()
                }
                Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
            },
            Method::DELETE => {
                *locked(&self.plan) = None;
                StatusCode::NO_CONTENT.into_response()
            }
            _ => Json(locked(&self.played).clone()).into_response(),
        }
    }
}

fn refusal((status, body): (StatusCode, serde_json::Value)) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/x-amz-json-1.0")];
    (status, kind, body.to_string()).into_response()
}

/// Returns the headers that concern both ends, and not a connection. The host is among them, because it is signed.
fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in [header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING] {
        headers.remove(name);
    }
    headers
}

#[cfg(test)]
#[path = "proxy_tests.rs"]
mod tests;

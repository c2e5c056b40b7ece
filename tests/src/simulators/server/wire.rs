//! Translates between HTTP and the engine, faults of the connection included.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use bytes::Bytes;
use futures::stream;

use super::Connection;
use crate::simulators::engine::{self, Answer, Engine, Reply};

/// Maximum bytes of a body. It is more than any vendor accepts.
const LONGEST_BODY: usize = 32 << 20;

/// Marks a response that must not be sent.
#[derive(Clone, Debug)]
pub struct NoAnswer;

impl std::fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the scripted end of a connection")
    }
}

impl std::error::Error for NoAnswer {}

/// Returns the routes of all vendors.
pub fn router(engine: &Arc<Engine>) -> Router {
    Router::new().route("/{vendor}/{*path}", routing::any(receive)).with_state(Arc::clone(engine))
}

async fn receive(
    State(engine): State<Arc<Engine>>,
    Extension(connection): Extension<Connection>,
    Path((vendor, _)): Path<(String, String)>,
    request: Request,
) -> Response {
    let Some(simulator) = engine.vendor(&vendor) else {
        return (StatusCode::NOT_FOUND, format!("no vendor {vendor} is simulated here\n")).into_response();
    };
    let Ok(request) = read(request, &vendor, connection.number).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let (delay, reply) = engine.receive(simulator, &request);
    if delay > Duration::ZERO {
        tokio::time::sleep(delay).await;
    }
    match reply {
        Reply::Answer(answer) => whole(answer),
        Reply::Broken(answer) => broken(answer),
        Reply::Close => no_answer(),
        // Others share the connection, and nobody scripted an end of their requests.
        Reply::Reset if request.version == "HTTP/2.0" => no_answer(),
        Reply::Reset => {
            connection.reset.notify_one();
            std::future::pending().await
        }
        Reply::Hang => std::future::pending().await,
    }
}

async fn read(request: Request, vendor: &str, connection: u64) -> Result<engine::Request, axum::Error> {
    let (parts, body) = request.into_parts();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Ok(engine::Request {
        method: parts.method.to_string(),
        path: parts.uri.path().trim_start_matches('/').strip_prefix(vendor).unwrap_or_default().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: to_bytes(body, LONGEST_BODY).await?,
        version: format!("{:?}", parts.version),
        connection,
    })
}

fn whole(answer: Answer) -> Response {
    let headers = headers(&answer);
    (status(&answer), headers, answer.body).into_response()
}

/// Returns half of an answer, with the length of the whole answer.
fn broken(answer: Answer) -> Response {
    let mut headers = headers(&answer);
    headers.insert(header::CONTENT_LENGTH, answer.body.len().max(2).into());
    let status = status(&answer);
    let half = Bytes::from(answer.halved().body);
    let body = Body::from_stream(stream::unfold(Some(half), |half| async move {
        match half {
            Some(half) => Some((Ok(half), None)),
            None => {
                // The first half must be sent before the connection ends.
                tokio::time::sleep(Duration::from_millis(20)).await;
                Some((Err(NoAnswer), None))
            }
        }
    }));
    (status, headers, body).into_response()
}

fn no_answer() -> Response {
    (Extension(NoAnswer), ()).into_response()
}

fn status(answer: &Answer) -> StatusCode {
    StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn headers(answer: &Answer) -> HeaderMap {
    let pairs = answer
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.parse::<HeaderName>().ok()?, value.parse::<HeaderValue>().ok()?)));
    pairs.collect()
}

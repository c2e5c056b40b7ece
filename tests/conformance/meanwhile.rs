//! An endpoint for a table on which something happens at a chosen moment.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::{pin::Pin, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use curlew_tests::simulators::plain_http;
use tokio::sync::Mutex;

struct Way {
    target: &'static str,
    /// the event, until it happened
    event: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
    http: reqwest::Client,
}

/// Starts an endpoint that forwards every request to the table. It runs `event` before the first request with this
/// `x-amz-target`.
#[expect(clippy::disallowed_methods, reason = "it passes requests on while a test waits for their sender")]
pub async fn before_the_first(target: &'static str, event: impl Future<Output = ()> + Send + 'static) -> String {
    let event = Mutex::new(Some(Box::pin(event) as Pin<Box<dyn Future<Output = ()> + Send>>));
    let way = Arc::new(Way { target, event, http: plain_http(Duration::from_secs(30)).build().unwrap() });
    let router = Router::new().route("/", post(pass_on)).with_state(way);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    endpoint
}

async fn pass_on(State(way): State<Arc<Way>>, headers: HeaderMap, body: Bytes) -> (StatusCode, Vec<u8>) {
    let target = headers["x-amz-target"].to_str().unwrap();
    if target == way.target
        && let Some(event) = way.event.lock().await.take()
    {
        event.await;
    }
    let mut request = way.http.post(super::endpoint()).body(body);
    for name in ["x-amz-target", "content-type", "authorization", "x-amz-date"] {
        request = request.header(name, headers[name].clone());
    }
    let answer = request.send().await.unwrap();
    (answer.status(), answer.bytes().await.unwrap().to_vec())
}

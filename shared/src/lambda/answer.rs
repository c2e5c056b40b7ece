//! A router's answer in the form in which Lambda returns it.
//!
//! `lambda_http` has a form of its own. It decodes every character set, so each function is linked with the tables of all
//! of them. Curlew writes UTF-8.

use std::pin::Pin;

use axum::{
    body::{Bytes, to_bytes},
    http::StatusCode,
    response::Response,
};
use lambda_http::{Body, IntoResponse};

/// The answer of a router.
pub(super) struct Answer(pub(super) Response);

impl IntoResponse for Answer {
    fn into_response(self) -> Pin<Box<dyn Future<Output = Response<Body>> + Send>> {
        Box::pin(async move {
            let (mut head, body) = self.0.into_parts();
            // Handlers bound their answers themselves.
            let bytes = to_bytes(body, usize::MAX).await.unwrap_or_else(|error| {
                tracing::error!(%error, "an answer ended early");
                head.status = StatusCode::INTERNAL_SERVER_ERROR;
                Bytes::new()
            });
            Response::from_parts(head, body_of(bytes))
        })
    }
}

/// Returns text as it is. Everything else travels in Base64, such as images and compressed files.
fn body_of(bytes: Bytes) -> Body {
    match String::from_utf8(bytes.into()) {
        Ok(text) => Body::Text(text),
        Err(error) => Body::Binary(error.into_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answered(body: axum::body::Body) -> Response<Body> {
        Answer(Response::new(body)).into_response().await
    }

    #[tokio::test]
    async fn text_is_returned_as_text_and_everything_else_as_bytes() {
        assert_eq!(*answered("{\"text\":\"消息\"}".into()).await.body(), Body::Text("{\"text\":\"消息\"}".to_owned()));
        assert_eq!(*answered(axum::body::Body::empty()).await.body(), Body::Text(String::new()));
        let compressed = [0x1f, 0x8b, 0x08, 0x00];
        assert_eq!(*answered(compressed.to_vec().into()).await.body(), Body::Binary(compressed.to_vec()));
    }

    #[tokio::test]
    async fn status_and_headers_are_passed_on() {
        let answer = Response::builder().status(409).header("etag", "\"1\"").body("taken".into()).unwrap();
        let answer = Answer(answer).into_response().await;
        assert_eq!((answer.status().as_u16(), &answer.headers()["etag"]), (409, &"\"1\"".parse().unwrap()));
    }

    #[tokio::test]
    async fn an_answer_that_ends_early_is_an_error() {
        let frames = futures::stream::iter([Ok("half"), Err("no more")]);
        let answer = answered(axum::body::Body::from_stream(frames)).await;
        assert_eq!((answer.status().as_u16(), answer.into_body()), (500, Body::Text(String::new())));
    }
}

//! Requests as events of API Gateway's HTTP API.
//!
//! API Gateway encodes a body in base64 unless its content type says that it is text. A server SDK of the reference API
//! sends no content type for JSON.

use axum::body::to_bytes;
use base64::{Engine, engine::general_purpose::STANDARD};
use lambda_http::request::LambdaRequest;
use serde_json::{Value, json};
use shared::{lambda::serve::mended, ports::clock::Clock};
use tower::ServiceExt;

use super::harness::Stack;

impl Stack {
    /// Sends one request as an event with an encoded body. Returns the status and the JSON body of the answer.
    pub async fn invoke(
        &self,
        (method, path): (&str, &str),
        token: &str,
        content_type: Option<&str>,
        body: &[u8],
    ) -> (u16, Value) {
        let event: LambdaRequest =
            serde_json::from_value(self.event((method, path), token, content_type, body)).unwrap();
        let response = self.api.clone().oneshot(lambda_http::Request::from(mended(event))).await.unwrap();
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert!(!bytes.is_empty(), "{method} {path}: {status} without a body");
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    /// Returns the event. Source: API Gateway, "AWS Lambda proxy integrations for HTTP APIs", payload format 2.0.
    fn event(&self, (method, path): (&str, &str), token: &str, content_type: Option<&str>, body: &[u8]) -> Value {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let host = "abcdef1234.execute-api.us-east-1.amazonaws.com";
        let mut headers = json!({
            "accept": "*/*",
            "authorization": format!("Bearer {token}"),
            "content-length": body.len().to_string(),
            "host": host,
            "user-agent": "EasemobServerSDK/0.8.57",
            "x-amzn-trace-id": "Root=1-5bdb40ca-556d8b0c50dc66f0511bf520",
            "x-forwarded-for": "192.0.2.1",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        });
        if let Some(content_type) = content_type {
            headers["content-type"] = json!(content_type);
        }
        let mut event = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": query,
            "headers": headers,
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "abcdef1234",
                "domainName": host,
                "domainPrefix": "abcdef1234",
                "http": {
                    "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
                    "userAgent": "EasemobServerSDK/0.8.57",
                },
                "requestId": "JKJaXmPLvHcESHA=",
                "routeKey": "$default",
                "stage": "$default",
                "time": "10/Mar/2026:05:16:23 +0000",
                "timeEpoch": self.clock.now().as_millis(),
            },
            "isBase64Encoded": !body.is_empty(),
        });
        if !body.is_empty() {
            event["body"] = json!(STANDARD.encode(body));
        }
        event
    }
}

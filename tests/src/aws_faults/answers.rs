//! Refusals as AWS writes them.

use axum::http::StatusCode;
use serde_json::{Value, json};

/// Returns the answer of a service that throttles. `target` is the call's `X-Amz-Target`; Lambda and API Gateway have
/// none.
pub(super) fn throttled(target: Option<&str>) -> (StatusCode, Value) {
    let (status, kind) = match service(target) {
        "DynamoDB_20120810" => {
            (StatusCode::BAD_REQUEST, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException")
        }
        "AmazonSQS" => (StatusCode::BAD_REQUEST, "com.amazonaws.sqs#RequestThrottled"),
        "" => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"),
        _ => (StatusCode::BAD_REQUEST, "ThrottlingException"),
    };
    (status, json!({"__type": kind, "message": "The request rate is too high."}))
}

/// Returns the answer of a service that cannot serve.
pub(super) fn unavailable(target: Option<&str>) -> (StatusCode, Value) {
    let kind = match service(target) {
        "DynamoDB_20120810" => "com.amazonaws.dynamodb.v20120810#InternalServerError",
        _ => "ServiceUnavailable",
    };
    (StatusCode::SERVICE_UNAVAILABLE, json!({"__type": kind, "message": "The service is unavailable."}))
}

/// Returns the name under which a call's faults are counted. Lambda and API Gateway are told apart by the path.
pub(super) fn counted_as(target: Option<&str>, path: &str) -> &'static str {
    match service(target) {
        "DynamoDB_20120810" => "DynamoDB",
        "AmazonSQS" => "SQS",
        "TrentService" => "KMS",
        "secretsmanager" => "Secrets Manager",
        _ if path.contains("/functions/") => "Lambda",
        _ if path.contains("/@connections/") => "API Gateway",
        _ => "another service",
    }
}

fn service(target: Option<&str>) -> &str {
    target.and_then(|target| target.split_once('.')).map_or("", |(service, _)| service)
}

//! The connections of the WebSocket API: posts a frame to one, and closes one.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use aws_sdk_apigatewaymanagement::{
    Client,
    config::{Builder, http::HttpResponse},
    error::SdkError,
    primitives::Blob,
};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::SdkConfig;

use super::{Sdk, Service};
use crate::{
    domain::id::SessionId,
    ports::connections::{PostError, PostToConnections},
};

/// Maximum time of one request. What does not end by then is retried from the queue.
const LONGEST: Duration = Duration::from_secs(4);

/// The connections of one WebSocket API.
#[derive(Debug)]
pub struct ApiConnections(Service<Client>);

impl ApiConnections {
    /// Returns the connections of the stage at this address: `https://<api>.execute-api.<region>.<domain>/<stage>`.
    pub fn new(sdk: &Sdk, url: &str) -> Self {
        let config = sdk.config();
        let redirected = config.endpoint_url().map(|endpoint| redirected(endpoint, url));
        let config = config.to_builder().endpoint_url(redirected.as_deref().unwrap_or(url)).build();
        Self(Service::with(config, client))
    }
}

/// Returns the address of the stage in an emulator at `endpoint`. The emulator finds the API by the path.
fn redirected(endpoint: &str, url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (host, stage) = rest.split_once('/').unwrap_or((rest, ""));
    let api = host.split('.').next().unwrap_or_default();
    format!("{}/_aws/execute-api/{api}/{stage}", endpoint.trim_end_matches('/'))
}

/// Returns a client that does not retry. The queue retries throttled posts with a growing delay.
fn client(config: &SdkConfig) -> Client {
    let timeouts = TimeoutConfig::builder().connect_timeout(Duration::from_secs(2)).operation_timeout(LONGEST).build();
    let config = Builder::from(config).timeout_config(timeouts).retry_config(RetryConfig::disabled());
    Client::from_conf(config.build())
}

#[async_trait]
impl PostToConnections for ApiConnections {
    async fn post(&self, id: &SessionId, frame: &str) -> Result<(), PostError> {
        let post = self.0.get().post_to_connection().connection_id(id.as_str()).data(Blob::new(frame));
        post.send().await.map(drop).map_err(post_error)
    }

    async fn close(&self, id: &SessionId) -> Result<(), PostError> {
        let close = self.0.get().delete_connection().connection_id(id.as_str());
        close.send().await.map(drop).map_err(post_error)
    }
}

/// Returns the port's error for a failed request. The status decides, because not every answer has an error type.
/// Source of the statuses: Amazon API Gateway Management API, "PostToConnection", errors.
fn post_error<E: fmt::Debug>(error: SdkError<E, HttpResponse>) -> PostError {
    match error.raw_response().map(|response| response.status().as_u16()) {
        Some(410) => PostError::Gone,
        Some(429) => PostError::Throttled,
        Some(status) => PostError::Failed(format!("status {status}")),
        None => PostError::Failed(no_answer(&error).to_owned()),
    }
}

/// Returns the reason why no answer came. The error's own text is left out, because it may quote the frame.
fn no_answer<E>(error: &SdkError<E, HttpResponse>) -> &'static str {
    match error {
        SdkError::TimeoutError(_) => "no answer in time",
        SdkError::DispatchFailure(_) => "no connection",
        _ => "the request could not be made or read",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emulator_finds_the_api_and_its_stage_in_the_path() {
        let url = "https://abc123.execute-api.eu-central-1.amazonaws.com/live";
        assert_eq!(redirected("http://127.0.0.1:4566/", url), "http://127.0.0.1:4566/_aws/execute-api/abc123/live");
    }
}

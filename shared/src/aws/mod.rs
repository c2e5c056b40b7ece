//! The ports on AWS.
//!
//! One [`Sdk`] a process: credentials and region from the environment that Lambda sets, one HTTP client for every service,
//! and a small embedded trust store, because loading the system's certificates and the default provider chain is what makes
//! stock start-up slow.

pub mod connections;
pub mod dynamo;
mod http;
pub mod invoke;
pub mod kms;
pub mod secrets;
pub mod sqs;

use std::{fmt, sync::OnceLock, time::Duration};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_dynamodb::config::BehaviorVersion;
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{SdkConfig, app_name::AppName, region::Region};

use crate::config::{ConfigError, SettingsReader, Vars};

/// What every AWS client is made from.
#[derive(Debug, Clone)]
pub struct Sdk {
    config: SdkConfig,
}

impl Sdk {
    /// From the environment of a Lambda function; `AWS_ENDPOINT_URL` redirects every service.
    pub fn from_vars(vars: &dyn Vars) -> Result<Self, ConfigError> {
        let reader = SettingsReader::new(vars);
        let region = reader.required("AWS_REGION");
        let credentials = Credentials::new(
            reader.required("AWS_ACCESS_KEY_ID"),
            reader.required("AWS_SECRET_ACCESS_KEY"),
            reader.optional("AWS_SESSION_TOKEN"),
            None,
            "environment",
        );
        let endpoint = reader.optional("AWS_ENDPOINT_URL");
        reader.finish()?;
        Ok(Self::new(region, credentials, endpoint))
    }

    /// From parts.
    pub fn new(region: String, credentials: Credentials, endpoint: Option<String>) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(2))
            .operation_attempt_timeout(Duration::from_secs(4))
            .operation_timeout(Duration::from_secs(9))
            .build();
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(http::Client::new())
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .timeout_config(timeouts);
        config.set_app_name(AppName::new("curlew").ok());
        config.set_endpoint_url(endpoint);
        Self { config: config.build() }
    }

    /// The configuration that a service's client is made from.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }
}

/// A service's client, made with its first use: what a function seldom needs does not slow its start.
pub struct Service<C> {
    config: SdkConfig,
    make: fn(&SdkConfig) -> C,
    client: OnceLock<C>,
}

impl<C> Service<C> {
    /// A client to be made by `make`.
    pub fn new(sdk: &Sdk, make: fn(&SdkConfig) -> C) -> Self {
        Self::with(sdk.config().clone(), make)
    }

    fn with(config: SdkConfig, make: fn(&SdkConfig) -> C) -> Self {
        Self { config, make, client: OnceLock::new() }
    }

    /// The client.
    pub fn get(&self) -> &C {
        self.client.get_or_init(|| (self.make)(&self.config))
    }
}

impl<C> fmt::Debug for Service<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_missing_variable_is_named() {
        let error = Sdk::from_vars(&[("AWS_REGION", "eu-west-1")]).unwrap_err().to_string();
        assert!(error.contains("AWS_ACCESS_KEY_ID") && error.contains("AWS_SECRET_ACCESS_KEY"), "{error}");
    }
}

//! The ports on AWS.
//!
//! A process has one [`Sdk`]. Credentials and region come from the environment that Lambda sets. All services share one
//! HTTP client and a small embedded trust store. The stock start-up is slow because it loads the system's certificates
//! and the default provider chain.

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

/// Configuration that all AWS clients share.
#[derive(Debug, Clone)]
pub struct Sdk {
    config: SdkConfig,
}

impl Sdk {
    /// Reads the environment of a Lambda function. `AWS_ENDPOINT_URL` redirects every service.
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

    /// Returns the configuration for a region, credentials and an optional endpoint.
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
            .http_client(http::Client::default())
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .timeout_config(timeouts);
        config.set_app_name(AppName::new("curlew").ok());
        config.set_endpoint_url(endpoint);
        Self { config: config.build() }
    }

    /// Returns the configuration from which a service's client is made.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }
}

/// Client of a service, made at its first use. A function that seldom needs a service starts no slower for it.
pub struct Service<C> {
    config: SdkConfig,
    make: fn(&SdkConfig) -> C,
    client: OnceLock<C>,
}

impl<C> Service<C> {
    /// Returns a client that `make` makes at its first use.
    pub fn new(sdk: &Sdk, make: fn(&SdkConfig) -> C) -> Self {
        Self::with(sdk.config().clone(), make)
    }

    fn with(config: SdkConfig, make: fn(&SdkConfig) -> C) -> Self {
        Self { config, make, client: OnceLock::new() }
    }

    /// Returns the client.
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

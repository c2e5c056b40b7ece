//! The settings of `push-vendor` from the environment.

use std::time::Duration;

use shared::{
    config::{ConfigError, SettingsReader, Vars},
    domain::vendor::Vendor,
    lambda::metric::METRIC_NAMESPACE,
    statistics::flush_interval,
    tls::ExtraCas,
};
use vendors::transport::{BaseUrl, VENDOR_BASE_URL, VENDOR_CA_PEM};

/// The settings of the function.
#[derive(Debug, Clone)]
pub struct Config {
    /// the vendor of this deployment
    pub vendor: Vendor,
    /// table `Apps`
    pub apps_table: String,
    /// the namespace of its metrics
    pub metric_namespace: String,
    /// table `Users`
    pub users_table: String,
    /// table `Messages`
    pub messages_table: String,
    /// table `Runtime`
    pub runtime_table: String,
    /// KMS key of the credentials
    pub credential_key_id: String,
    /// its own queue
    pub queue_url: String,
    /// the queue of check-presence
    pub dispatch_queue_url: String,
    /// the queue of deliver-callback
    pub callback_queue_url: String,
    /// its dead-letter queue
    pub dead_letter_queue_url: String,
    /// how long counts are kept in memory
    pub statistics_flush: Duration,
    /// the public address of the API
    pub public_base_url: String,
    /// replaces the vendor's own hosts, if set
    pub base_url: Option<BaseUrl>,
    /// certificate authorities that are trusted besides Mozilla's
    pub extra_cas: ExtraCas,
}

impl Config {
    /// Reads the settings. An error lists every problem.
    pub fn from_vars(vars: &dyn Vars) -> Result<Self, ConfigError> {
        let reader = SettingsReader::new(vars);
        let config = Self {
            vendor: reader.parsed("VENDOR", Vendor::parse).unwrap_or(Vendor::Fcm),
            apps_table: reader.required("APPS_TABLE"),
            metric_namespace: reader.required(METRIC_NAMESPACE),
            users_table: reader.required("USERS_TABLE"),
            messages_table: reader.required("MESSAGES_TABLE"),
            runtime_table: reader.required("RUNTIME_TABLE"),
            credential_key_id: reader.required("CREDENTIAL_KEY_ID"),
            queue_url: reader.required("PUSH_QUEUE_URL"),
            dispatch_queue_url: reader.required("DISPATCH_QUEUE_URL"),
            callback_queue_url: reader.required("CALLBACK_QUEUE_URL"),
            dead_letter_queue_url: reader.required("PUSH_DEAD_LETTER_QUEUE_URL"),
            statistics_flush: flush_interval(&reader),
            public_base_url: reader.required("PUBLIC_BASE_URL"),
            base_url: reader.parsed_optional(VENDOR_BASE_URL, BaseUrl::parse),
            extra_cas: reader.parsed_optional(VENDOR_CA_PEM, ExtraCas::parse).unwrap_or_else(ExtraCas::none),
        };
        reader.finish()?;
        Ok(config)
    }
}

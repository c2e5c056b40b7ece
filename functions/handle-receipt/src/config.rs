//! The settings of `handle-receipt` from the environment.

use std::time::Duration;

use shared::{
    config::{ConfigError, SettingsReader, Vars},
    lambda::metric::METRIC_NAMESPACE,
    statistics::flush_interval,
};

/// The settings of the function.
#[derive(Debug, Clone)]
pub struct Config {
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
    /// the queue of deliver-callback
    pub callback_queue_url: String,
    /// KMS key of the credentials
    pub credential_key_id: String,
    /// how long counts are kept in memory
    pub statistics_flush: Duration,
}

impl Config {
    /// Reads the settings. An error lists every problem.
    pub fn from_vars(vars: &dyn Vars) -> Result<Self, ConfigError> {
        let reader = SettingsReader::new(vars);
        let config = Self {
            apps_table: reader.required("APPS_TABLE"),
            metric_namespace: reader.required(METRIC_NAMESPACE),
            users_table: reader.required("USERS_TABLE"),
            messages_table: reader.required("MESSAGES_TABLE"),
            runtime_table: reader.required("RUNTIME_TABLE"),
            callback_queue_url: reader.required("CALLBACK_QUEUE_URL"),
            credential_key_id: reader.required("CREDENTIAL_KEY_ID"),
            statistics_flush: flush_interval(&reader),
        };
        reader.finish()?;
        Ok(config)
    }
}

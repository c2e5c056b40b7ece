//! The settings of `check-presence` from the environment.

use std::time::Duration;

use shared::{
    config::{ConfigError, SettingsReader, Vars},
    domain::vendor::Vendor,
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
    /// table `Groups`
    pub groups_table: String,
    /// table `Runtime`
    pub runtime_table: String,
    /// its own queue
    pub dispatch_queue_url: String,
    /// the queue of deliver-callback
    pub callback_queue_url: String,
    /// its dead-letter queue
    pub dead_letter_queue_url: String,
    /// the queue of hold-connection
    pub direct_queue_url: String,
    /// how long counts are kept in memory
    pub statistics_flush: Duration,
    /// the vendors' queues
    pub push_queue_urls: [(Vendor, String); Vendor::ALL.len()],
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
            groups_table: reader.required("GROUPS_TABLE"),
            runtime_table: reader.required("RUNTIME_TABLE"),
            dispatch_queue_url: reader.required("DISPATCH_QUEUE_URL"),
            callback_queue_url: reader.required("CALLBACK_QUEUE_URL"),
            dead_letter_queue_url: reader.required("DISPATCH_DEAD_LETTER_QUEUE_URL"),
            direct_queue_url: reader.required("DIRECT_QUEUE_URL"),
            statistics_flush: flush_interval(&reader),
            push_queue_urls: Vendor::ALL
                .map(|vendor| (vendor, reader.required(&format!("PUSH_QUEUE_URL_{}", vendor.upper_name())))),
        };
        reader.finish()?;
        Ok(config)
    }
}

//! The settings of `hold-connection` from the environment.

use shared::{
    config::{ConfigError, SettingsReader, Vars},
    lambda::metric::METRIC_NAMESPACE,
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
    /// the queue of check-presence
    pub dispatch_queue_url: String,
    /// its own queue
    pub direct_queue_url: String,
    /// the queue of deliver-callback
    pub callback_queue_url: String,
    /// its dead-letter queue
    pub dead_letter_queue_url: String,
    /// the URL of the WebSocket API's stage
    pub connections_url: String,
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
            direct_queue_url: reader.required("DIRECT_QUEUE_URL"),
            callback_queue_url: reader.required("CALLBACK_QUEUE_URL"),
            dead_letter_queue_url: reader.required("DIRECT_DEAD_LETTER_QUEUE_URL"),
            connections_url: reader.required("CONNECTIONS_URL"),
        };
        reader.finish()?;
        Ok(config)
    }
}

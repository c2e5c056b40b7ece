//! The settings of `deliver-callback` from the environment.

use shared::{
    config::{ConfigError, SettingsReader, Vars, allow_local_callbacks},
    lambda::metric::METRIC_NAMESPACE,
};

/// The settings of the function.
#[derive(Debug, Clone)]
pub struct Config {
    /// table `Apps`
    pub apps_table: String,
    /// the namespace of its metrics
    pub metric_namespace: String,
    /// table `Messages`
    pub messages_table: String,
    /// table `Runtime`
    pub runtime_table: String,
    /// KMS key of the secrets
    pub credential_key_id: String,
    /// its own queue
    pub callback_queue_url: String,
    /// its dead-letter queue
    pub dead_letter_queue_url: String,
    /// whether servers may be on this machine, for test stacks
    pub allow_local: bool,
}

impl Config {
    /// Reads the settings. An error lists every problem.
    pub fn from_vars(vars: &dyn Vars) -> Result<Self, ConfigError> {
        let reader = SettingsReader::new(vars);
        let config = Self {
            apps_table: reader.required("APPS_TABLE"),
            metric_namespace: reader.required(METRIC_NAMESPACE),
            messages_table: reader.required("MESSAGES_TABLE"),
            runtime_table: reader.required("RUNTIME_TABLE"),
            credential_key_id: reader.required("CREDENTIAL_KEY_ID"),
            callback_queue_url: reader.required("CALLBACK_QUEUE_URL"),
            dead_letter_queue_url: reader.required("CALLBACK_DEAD_LETTER_QUEUE_URL"),
            allow_local: allow_local_callbacks(&reader),
        };
        reader.finish()?;
        Ok(config)
    }
}

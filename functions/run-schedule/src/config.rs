//! The settings of `run-schedule` from the environment.

use shared::{
    config::{ConfigError, SettingsReader, Vars},
    lambda::metric::METRIC_NAMESPACE,
};

/// The settings of the function.
#[derive(Debug, Clone)]
pub struct Config {
    /// the namespace of its metrics
    pub metric_namespace: String,
    /// table `Runtime`
    pub runtime_table: String,
    /// the queue of deliver-callback
    pub callback_queue_url: String,
    /// queue `dispatch`
    pub dispatch_queue_url: String,
    /// the function watch-credentials
    pub watch_function: String,
}

impl Config {
    /// Reads the settings. An error lists every problem.
    pub fn from_vars(vars: &dyn Vars) -> Result<Self, ConfigError> {
        let reader = SettingsReader::new(vars);
        let config = Self {
            metric_namespace: reader.required(METRIC_NAMESPACE),
            runtime_table: reader.required("RUNTIME_TABLE"),
            callback_queue_url: reader.required("CALLBACK_QUEUE_URL"),
            dispatch_queue_url: reader.required("DISPATCH_QUEUE_URL"),
            watch_function: reader.required("WATCH_FUNCTION"),
        };
        reader.finish()?;
        Ok(config)
    }
}

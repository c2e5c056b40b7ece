//! The settings of `register-token` from the environment.

use shared::config::{ConfigError, SettingsReader, Vars};

/// The settings of the function.
#[derive(Debug, Clone)]
pub struct Config {
    /// table `Apps`
    pub apps_table: String,
    /// table `Users`
    pub users_table: String,
    /// the queue of hold-connection
    pub direct_queue_url: String,
    /// table `Runtime`
    pub runtime_table: String,
}

impl Config {
    /// Reads the settings. An error lists every problem.
    pub fn from_vars(vars: &dyn Vars) -> Result<Self, ConfigError> {
        let reader = SettingsReader::new(vars);
        let config = Self {
            apps_table: reader.required("APPS_TABLE"),
            users_table: reader.required("USERS_TABLE"),
            direct_queue_url: reader.required("DIRECT_QUEUE_URL"),
            runtime_table: reader.required("RUNTIME_TABLE"),
        };
        reader.finish()?;
        Ok(config)
    }
}

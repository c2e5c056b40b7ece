//! The settings of `report-presence` from the environment.

use shared::config::{ConfigError, SettingsReader, Vars};

/// The settings of the function.
#[derive(Debug, Clone)]
pub struct Config {
    /// table `Apps`
    pub apps_table: String,
    /// table `Users`
    pub users_table: String,
    /// table `Messages`
    pub messages_table: String,
    /// the queue of deliver-callback
    pub callback_queue_url: String,
    /// the queue of check-presence
    pub dispatch_queue_url: String,
    /// the queue of hold-connection
    pub direct_queue_url: String,
    /// table `Groups`
    pub groups_table: String,
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
            messages_table: reader.required("MESSAGES_TABLE"),
            groups_table: reader.required("GROUPS_TABLE"),
            runtime_table: reader.required("RUNTIME_TABLE"),
            callback_queue_url: reader.required("CALLBACK_QUEUE_URL"),
            dispatch_queue_url: reader.required("DISPATCH_QUEUE_URL"),
            direct_queue_url: reader.required("DIRECT_QUEUE_URL"),
        };
        reader.finish()?;
        Ok(config)
    }
}

//! What `erase-data` is told by its environment.

use shared::{
    config::{ConfigError, SettingsReader, Vars},
    lambda::metric::METRIC_NAMESPACE,
};

/// The settings of the function.
#[derive(Debug, Clone)]
pub struct Config {
    /// table `Apps`
    pub apps_table: String,
    /// what its metrics are counted under
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
    pub erase_queue_url: String,
    /// where records go that nobody can work on
    pub dead_letter_queue_url: String,
}

impl Config {
    /// Reads the settings; an error names everything that is wrong with them.
    pub fn from_vars(vars: &dyn Vars) -> Result<Self, ConfigError> {
        let reader = SettingsReader::new(vars);
        let config = Self {
            apps_table: reader.required("APPS_TABLE"),
            metric_namespace: reader.required(METRIC_NAMESPACE),
            users_table: reader.required("USERS_TABLE"),
            messages_table: reader.required("MESSAGES_TABLE"),
            groups_table: reader.required("GROUPS_TABLE"),
            runtime_table: reader.required("RUNTIME_TABLE"),
            erase_queue_url: reader.required("ERASE_QUEUE_URL"),
            dead_letter_queue_url: reader.required("ERASE_DEAD_LETTER_QUEUE_URL"),
        };
        reader.finish()?;
        Ok(config)
    }
}

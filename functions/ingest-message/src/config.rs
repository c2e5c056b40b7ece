//! The settings of `ingest-message` from the environment.

use shared::{
    config::{ConfigError, SettingsReader, Vars},
    domain::vendor::Vendor,
};

/// The settings of the function.
#[derive(Debug, Clone)]
pub struct Config {
    /// table `Apps`
    pub apps_table: String,
    /// table `Users`
    pub users_table: String,
    /// table `Messages`
    pub messages_table: String,
    /// table `Groups`
    pub groups_table: String,
    /// table `Runtime`
    pub runtime_table: String,
    /// queue `dispatch`
    pub dispatch_queue_url: String,
    /// functions that push at once, by vendor
    pub push_functions: [(Vendor, String); Vendor::ALL.len()],
    /// queues `push-<vendor>`, by vendor
    pub push_queue_urls: [(Vendor, String); Vendor::ALL.len()],
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
            dispatch_queue_url: reader.required("DISPATCH_QUEUE_URL"),
            push_functions: Vendor::ALL
                .map(|vendor| (vendor, reader.required(&format!("PUSH_FUNCTION_{}", vendor.upper_name())))),
            push_queue_urls: Vendor::ALL
                .map(|vendor| (vendor, reader.required(&format!("PUSH_QUEUE_URL_{}", vendor.upper_name())))),
        };
        reader.finish()?;
        Ok(config)
    }
}

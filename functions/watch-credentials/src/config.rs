//! The settings of `watch-credentials` from the environment.

use shared::{
    config::{ConfigError, SettingsReader, Vars},
    domain::vendor::Vendor,
    lambda::metric::METRIC_NAMESPACE,
};

/// The settings of the function.
#[derive(Debug, Clone)]
pub struct Config {
    /// the namespace of its metrics
    pub metric_namespace: String,
    /// table `Apps`
    pub apps_table: String,
    /// table `Runtime`
    pub runtime_table: String,
    /// the function of each vendor
    pub push_functions: [(Vendor, String); Vendor::ALL.len()],
}

impl Config {
    /// Reads the settings. An error lists every problem.
    pub fn from_vars(vars: &dyn Vars) -> Result<Self, ConfigError> {
        let reader = SettingsReader::new(vars);
        let config = Self {
            metric_namespace: reader.required(METRIC_NAMESPACE),
            apps_table: reader.required("APPS_TABLE"),
            runtime_table: reader.required("RUNTIME_TABLE"),
            push_functions: Vendor::ALL
                .map(|vendor| (vendor, reader.required(&format!("PUSH_FUNCTION_{}", vendor.upper_name())))),
        };
        reader.finish()?;
        Ok(config)
    }
}

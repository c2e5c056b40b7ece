//! Settings of `manage-app`, read from the environment.

use shared::{
    config::{ConfigError, SettingsReader, Vars, allow_local_callbacks},
    domain::vendor::Vendor,
};

/// The settings of the function.
#[derive(Debug, Clone)]
pub struct Config {
    /// table `Apps`
    pub apps_table: String,
    /// table `Users`
    pub users_table: String,
    /// table `Groups`
    pub groups_table: String,
    /// table `Runtime`
    pub runtime_table: String,
    /// queue `erase`
    pub erase_queue_url: String,
    /// queue `callback`
    pub callback_queue_url: String,
    /// whether callbacks may go to this machine, for test stacks
    pub allow_local_callbacks: bool,
    /// KMS key that encrypts credentials
    pub credential_key_id: String,
    /// secret with the operator key
    pub operator_key_secret_id: String,
    /// secret from which every app's signing key is derived
    pub token_signing_secret_id: String,
    /// public address of the API
    pub public_base_url: Option<String>,
    /// functions that send certificate tests, by vendor
    pub push_functions: [(Vendor, String); Vendor::ALL.len()],
}

impl Config {
    /// Reads the settings. An error names every wrong setting.
    pub fn from_vars(vars: &dyn Vars) -> Result<Self, ConfigError> {
        let reader = SettingsReader::new(vars);
        let config = Self {
            apps_table: reader.required("APPS_TABLE"),
            users_table: reader.required("USERS_TABLE"),
            groups_table: reader.required("GROUPS_TABLE"),
            runtime_table: reader.required("RUNTIME_TABLE"),
            erase_queue_url: reader.required("ERASE_QUEUE_URL"),
            callback_queue_url: reader.required("CALLBACK_QUEUE_URL"),
            allow_local_callbacks: allow_local_callbacks(&reader),
            credential_key_id: reader.required("CREDENTIAL_KEY_ID"),
            operator_key_secret_id: reader.required("OPERATOR_KEY_SECRET_ID"),
            token_signing_secret_id: reader.required("TOKEN_SIGNING_SECRET_ID"),
            public_base_url: reader.optional("PUBLIC_BASE_URL"),
            push_functions: Vendor::ALL
                .map(|vendor| (vendor, reader.required(&format!("PUSH_FUNCTION_{}", vendor.upper_name())))),
        };
        reader.finish()?;
        Ok(config)
    }
}

//! What a call says of its account and options. What is stored was checked, so only a fault of ours gets refused here.

use shared::{
    domain::{invalid::Invalid, outcome::CallError},
    ports::vendor::{Credential, VendorCall},
};

use super::{Configured, object::read_prefixed, read};

/// Reads the account of a stored credential.
pub fn account_of<T: Configured>(credential: &Credential) -> Result<T, CallError> {
    let unusable = |code: String| CallError::Credential { code };
    let record = credential.expose().as_object();
    T::read(record.ok_or_else(|| unusable("credential must be an object".to_owned()))?)
        .map_err(|invalid| unusable(invalid.to_string()))
}

/// What is set for a call.
pub struct Settings<T: Configured> {
    /// by its message; it beats the notifier's defaults
    pub own: T::MessageOptions,
    /// by its notifier
    pub options: T::Options,
}

/// Reads the settings of a call.
pub fn settings_of<T: Configured>(call: &VendorCall<'_>) -> Result<Settings<T>, CallError> {
    let own = read_prefixed("em_android_push_ext", T::PREFIX, &call.notification.options).map_err(rejected)?;
    T::check_message_options(&own).map_err(rejected)?;
    Ok(Settings { own, options: options_of::<T>(call)? })
}

/// Reads the notifier's options of a call, whatever its message sets.
pub fn options_of<T: Configured>(call: &VendorCall<'_>) -> Result<T::Options, CallError> {
    let options = read("options", call.options).map_err(rejected)?;
    T::check_options(&options).map_err(rejected)?;
    Ok(options)
}

/// Refuses a push whose options break a rule.
pub fn rejected(invalid: Invalid) -> CallError {
    CallError::Rejected { code: invalid.to_string() }
}

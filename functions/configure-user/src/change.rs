//! Changes of a profile with retries after conflicts, and the checks of the app's switch "advanced push".

use std::sync::Arc;

use serde_json::Value;
use shared::{
    domain::{
        id::{AppKey, UserId},
        invalid::Invalid,
        profile::{AdvancedProfile, Profile},
    },
    lambda::{error::ApiError, fields::Fields},
    ports::{apps::AppConfig, error::StoreError},
    profile_changes,
};

use crate::ConfigureUser;

impl ConfigureUser {
    /// Changes the user's profile, and returns the new one.
    pub async fn change_profile(
        &self,
        app: &AppKey,
        user: &UserId,
        change: impl Fn(&mut Profile) -> Result<(), ApiError>,
    ) -> Result<Profile, ApiError> {
        profile_changes::change_profile(&*self.profiles, app, user, change).await
    }

    /// Returns the app's configuration if its advanced push is on. It takes effect at once after it was switched on.
    pub async fn advanced_config(&self, cached: &Arc<AppConfig>) -> Result<Arc<AppConfig>, ApiError> {
        let on = |config: &AppConfig| config.app.settings.advanced_push;
        if on(cached) {
            return Ok(cached.clone());
        }
        let recent = self.configs.get_recent(&cached.app.key).await?;
        recent.filter(|config| on(config)).ok_or_else(ApiError::advanced_push_off)
    }

    /// Returns the user's advanced-push settings for a change. Settings from before the app's last switch-off are gone.
    /// An outdated `era` is refused.
    pub fn advanced<'a>(
        &self,
        profile: &'a mut Profile,
        config: &AppConfig,
    ) -> Result<&'a mut AdvancedProfile, ApiError> {
        let era = config.app.advanced_era;
        if profile.advanced.era > era {
            self.configs.forget(&config.app.key);
            return Err(StoreError::Conflict.into());
        }
        if profile.advanced.era < era {
            profile.advanced = AdvancedProfile { era, ..AdvancedProfile::default() };
        }
        Ok(&mut profile.advanced)
    }
}

/// Returns the advanced-push settings that apply under this configuration.
pub fn in_force(profile: Option<Profile>, config: &AppConfig) -> AdvancedProfile {
    let advanced = profile.map(|profile| profile.advanced);
    let counts =
        |advanced: &AdvancedProfile| config.app.settings.advanced_push && advanced.era == config.app.advanced_era;
    advanced.filter(counts).unwrap_or_default()
}

/// Refuses a body without any of the fields.
pub fn names_one(fields: &Fields, names: &[&str]) -> Result<(), Invalid> {
    if names.iter().any(|name| fields.value(name).is_some()) {
        Ok(())
    } else {
        Err(Invalid::new("the request body", format!("must have at least one of: {}", names.join(", "))))
    }
}

/// Parses a text. The empty text means no value.
pub fn unless_empty<T>(text: &str, parse: impl Fn(&str) -> Result<T, Invalid>) -> Result<Option<T>, Invalid> {
    if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

/// Returns a number, which clients write as a number or as a text.
pub fn whole_number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

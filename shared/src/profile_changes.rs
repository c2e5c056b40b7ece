//! Changes of a profile that another request may change at the same time.

use crate::{
    domain::{
        id::{AppKey, UserId},
        profile::Profile,
    },
    ports::{error::StoreError, users::ManageProfiles},
};

/// Maximum tries of a change, if other requests changed the profile in between.
const CHANGE_TRIES: u32 = 6;

/// Changes the user's profile and returns the new one. Fails with [`StoreError::Conflict`] if another request was
/// faster at every try.
pub async fn change_profile<E: From<StoreError>>(
    profiles: &dyn ManageProfiles,
    app: &AppKey,
    user: &UserId,
    change: impl Fn(&mut Profile) -> Result<(), E>,
) -> Result<Profile, E> {
    for _ in 0..CHANGE_TRIES {
        let seen = profiles.profile(app, user).await?;
        let mut profile = seen.clone().unwrap_or_default();
        change(&mut profile)?;
        if seen.as_ref() == Some(&profile) {
            return Ok(profile);
        }
        match profiles.change_profile(app, user, seen.as_ref(), &profile).await {
            Ok(()) => return Ok(profile),
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Conflict.into())
}

//! Users for whom user tokens are issued.

use shared::{
    domain::{
        account::Account,
        id::{AppKey, UserId},
        invalid::Invalid,
        profile::{Conversation, Profile},
    },
    lambda::error::ApiError,
    ports::error::StoreError,
};

use crate::ManageApp;

/// Maximum lookups of a user whom other callers create or erase at the same time.
const LOOKS: u32 = 3;

impl ManageApp {
    /// Returns the profile of the user whom a token is for. Creates the user if the caller asks for that. Refuses a
    /// banned user.
    pub async fn token_user(&self, app: &AppKey, user: &UserId, create: bool) -> Result<Profile, ApiError> {
        for _ in 0..LOOKS {
            let facts = self.facts.facts(app, user, &Conversation::User(user.clone())).await?;
            // A user in the directory is known, even if all other rows of the user are gone.
            if facts.known || self.directory.is_listed(app, user).await? {
                return if facts.profile.banned { Err(ApiError::user_banned()) } else { Ok(facts.profile) };
            }
            if create && !user.can_stand_in_a_path() {
                return Err(Invalid::new("username", "must not be . or .. of a new user").into());
            }
            if !create {
                return Err(ApiError::no_user_for_token());
            }
            let account = Some(Account::new(self.entropy.bits(), self.clock.now()));
            let profile = Profile { account, ..Profile::default() };
            match self.new_users.create_user(app, user, &profile).await {
                Ok(()) => return Ok(profile),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }
}

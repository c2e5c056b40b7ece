//! For whom user tokens are issued.

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

/// How often the user is looked up again who became known, or was erased, at the same time.
const LOOKS: u32 = 3;

impl ManageApp {
    /// The profile of the user whom a token is for, who is created if the caller wants that. Refuses a banned user.
    pub async fn token_user(&self, app: &AppKey, user: &UserId, create: bool) -> Result<Profile, ApiError> {
        for _ in 0..LOOKS {
            let facts = self.facts.facts(app, user, &Conversation::User(user.clone())).await?;
            // Who is listed is known, be all else of this user gone.
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

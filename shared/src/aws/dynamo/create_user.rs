//! Creation of users: a profile and the directory's row in one transaction.

use async_trait::async_trait;

use super::{
    inbox::INBOX,
    item::{Reader, json, row, user_pk},
    profiles::PROFILE,
    users::UsersTable,
};
use crate::{
    domain::{
        id::{AppKey, UserId},
        profile::Profile,
    },
    ports::{error::StoreError, users::CreateUser},
};

#[async_trait]
impl CreateUser for UsersTable {
    async fn create_user(&self, app: &AppKey, user: &UserId, profile: &Profile) -> Result<(), StoreError> {
        let rows = self.first_rows(app, user).await?;
        let is_known = rows.iter().any(|item| Reader(item).optional_text("sk") != Some(INBOX));
        let created = if is_known {
            Err(StoreError::Conflict)
        } else {
            let mut item = row(user_pk(app, user), PROFILE);
            item.insert("profile".into(), json(profile)?);
            self.put_and_list(app, user, item).await
        };
        match created {
            Err(StoreError::Conflict) if self.is_account_of(app, user, profile).await? => Ok(()),
            created => created,
        }
    }
}

impl UsersTable {
    /// Whether an earlier try created the user with this profile's account.
    async fn is_account_of(&self, app: &AppKey, user: &UserId, profile: &Profile) -> Result<bool, StoreError> {
        let stored = self.profile_row(app, user, true).await?.and_then(|stored| stored.account);
        Ok(stored.is_some() && stored == profile.account)
    }
}

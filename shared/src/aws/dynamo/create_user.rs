//! Creation and bans of users. A user's first profile and the directory's row are written in one transaction.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::TransactWriteItem;

use super::{
    CONFLICT_TRIES,
    inbox::INBOX,
    item::{Item, ItemReader, json, row, user_pk},
    profiles::PROFILE,
    users::{FACTS_END, UsersTable},
};
use crate::{
    domain::{
        id::{AppKey, UserId},
        profile::Profile,
    },
    ports::{
        error::StoreError,
        users::{BanUser, CreateUser, ManageProfiles},
    },
};

const IS_THERE: &str = "attribute_exists(pk)";
const IS_NOT_THERE: &str = "attribute_not_exists(pk)";

#[async_trait]
impl CreateUser for UsersTable {
    async fn create_user(&self, app: &AppKey, user: &UserId, profile: &Profile) -> Result<(), StoreError> {
        let created = match self.known_row(app, user).await? {
            Some(_) => Err(StoreError::Conflict),
            None => {
                let writes = vec![self.put_profile(app, user, profile)?, self.list_if(app, user, Some(IS_NOT_THERE))?];
                self.0.transact(writes).await
            }
        };
        match created {
            Err(StoreError::Conflict) if self.is_account_of(app, user, profile).await? => Ok(()),
            created => created,
        }
    }
}

#[async_trait]
impl BanUser for UsersTable {
    async fn set_banned(&self, app: &AppKey, user: &UserId, banned: bool) -> Result<Option<Profile>, StoreError> {
        for _ in 0..CONFLICT_TRIES {
            let seen = self.profile_row(app, user, true).await?;
            let profile = Profile { banned, ..seen.clone().unwrap_or_default() };
            let written = match &seen {
                Some(seen) if seen.banned == banned => return Ok(Some(profile)),
                Some(_) => self.change_profile(app, user, seen.as_ref(), &profile).await,
                None => match self.evidence(app, user).await? {
                    None => return Ok(None),
                    Some(_) if !banned => return Ok(Some(profile)),
                    Some(mut writes) => {
                        writes.push(self.put_profile(app, user, &profile)?);
                        self.0.transact(writes).await
                    }
                },
            };
            match written {
                Ok(()) => return Ok(Some(profile)),
                // Another call changed, created or erased the user.
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict)
    }
}

impl UsersTable {
    /// Returns whether an earlier try created the user with this profile's account.
    async fn is_account_of(&self, app: &AppKey, user: &UserId, profile: &Profile) -> Result<bool, StoreError> {
        let stored = self.profile_row(app, user, true).await?.and_then(|stored| stored.account);
        Ok(stored.is_some() && stored == profile.account)
    }

    /// Returns the key of a row that makes the user known.
    async fn known_row(&self, app: &AppKey, user: &UserId) -> Result<Option<Item>, StoreError> {
        let makes_known =
            |item: &Item| ItemReader(item).optional_text("sk").is_some_and(|sk| sk != INBOX && sk < FACTS_END);
        // The rows of facts sort first, and only one of them is the marks.
        Ok(self.first_rows(app, user).await?.into_iter().find(makes_known))
    }

    /// Returns writes that succeed only while the user is known, and that a running erasure sees. `None` if the user is
    /// not known.
    async fn evidence(&self, app: &AppKey, user: &UserId) -> Result<Option<Vec<TransactWriteItem>>, StoreError> {
        let Some(known) = self.known_row(app, user).await? else {
            let is_listed = self.times_listed(app, user).await?.is_some();
            return is_listed.then(|| Ok(vec![self.list_if(app, user, Some(IS_THERE))?])).transpose();
        };
        let check = self.0.must_exist(known)?;
        Ok(Some(vec![check, self.list(app, user)?]))
    }

    /// Returns the write of a user's first profile.
    fn put_profile(&self, app: &AppKey, user: &UserId, profile: &Profile) -> Result<TransactWriteItem, StoreError> {
        let mut item = row(user_pk(app, user), PROFILE);
        item.insert("profile".into(), json(profile)?);
        self.0.put_new(item)
    }
}

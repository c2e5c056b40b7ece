//! The directory of users in memory, and the removal of users.

use async_trait::async_trait;

use super::{MemoryUsers, lock, users::Rows};
use crate::{
    domain::{
        directory::Shard,
        id::{AppKey, UserId},
    },
    ports::{
        directory::{FindListed, ListUser, ReadDirectory},
        erasure::ForgetUser,
        error::StoreError,
    },
};

impl MemoryUsers {
    /// Lists a known user.
    pub(super) fn list(&self, app: &AppKey, user: &UserId) {
        lock(&self.directory).insert((app.clone(), user.clone()));
    }

    /// Returns the users of a shard who sort after this one.
    fn behind(&self, app: &AppKey, shard: Shard, after: Option<&UserId>) -> Vec<UserId> {
        let directory = lock(&self.directory);
        let of_shard = directory.iter().filter(|(of, user)| of == app && Shard::of(user) == shard);
        let behind = of_shard.map(|(_, user)| user).filter(|user| after.is_none_or(|after| *user > after));
        behind.cloned().collect()
    }
}

impl Rows {
    /// Returns whether the user has any row.
    pub(super) fn is_known(&self) -> bool {
        !self.bindings.is_empty() || !self.presence.is_empty() || self.profile.is_some()
    }
}

#[async_trait]
impl ReadDirectory for MemoryUsers {
    async fn users(
        &self,
        app: &AppKey,
        shard: Shard,
        after: Option<&UserId>,
        max: usize,
    ) -> Result<Vec<UserId>, StoreError> {
        self.faults.before("users").await?;
        let users: Vec<UserId> = self.behind(app, shard, after).into_iter().take(max).collect();
        users.iter().try_for_each(|user| self.faults.read("users", user.as_str()))?;
        Ok(users)
    }

    async fn readable_users(
        &self,
        app: &AppKey,
        shard: Shard,
        after: Option<&UserId>,
        max: usize,
    ) -> Result<Vec<UserId>, StoreError> {
        self.faults.before("users").await?;
        let is_readable = |user: &UserId| self.faults.read("users", user.as_str()).is_ok();
        Ok(self.behind(app, shard, after).into_iter().filter(is_readable).take(max).collect())
    }

    async fn is_listed(&self, app: &AppKey, user: &UserId) -> Result<bool, StoreError> {
        self.faults.before("is_listed").await?;
        Ok(lock(&self.directory).contains(&(app.clone(), user.clone())))
    }
}

#[async_trait]
impl FindListed for MemoryUsers {
    async fn are_listed(&self, app: &AppKey, users: &[UserId]) -> Result<Vec<bool>, StoreError> {
        self.faults.before("are_listed").await?;
        let directory = lock(&self.directory);
        Ok(users.iter().map(|user| directory.contains(&(app.clone(), user.clone()))).collect())
    }
}

#[async_trait]
impl ListUser for MemoryUsers {
    async fn list_user(&self, app: &AppKey, user: &UserId) -> Result<bool, StoreError> {
        self.faults.before("list_user").await?;
        let known = self.rows(app, user).is_known();
        let listed = known && lock(&self.directory).insert((app.clone(), user.clone()));
        self.faults.after("list_user")?;
        Ok(listed)
    }
}

#[async_trait]
impl ForgetUser for MemoryUsers {
    async fn knows_user(&self, app: &AppKey, user: &UserId) -> Result<bool, StoreError> {
        self.faults.before("knows_user").await?;
        let listed = lock(&self.directory).contains(&(app.clone(), user.clone()));
        let marked = lock(&self.marks).contains_key(&(app.clone(), user.clone()));
        Ok(listed || marked || self.rows(app, user).is_known())
    }

    async fn forget_user(&self, app: &AppKey, user: &UserId) -> Result<bool, StoreError> {
        self.faults.before("forget_user").await?;
        self.faults.read("forget_user", user.as_str())?;
        let key = (app.clone(), user.clone());
        let listed = lock(&self.directory).remove(&key);
        let rows = lock(&self.users).remove(&key);
        let marked = lock(&self.marks).remove(&key).is_some();
        self.faults.after("forget_user")?;
        Ok(listed || marked || rows.is_some_and(|rows| rows.is_known() || !rows.conversations.is_empty()))
    }
}

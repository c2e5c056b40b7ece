//! The directory of an app's users: rows of the table `Users` in 16 partitions for each app.
//!
//! The transaction that writes a new row of a user also writes the user's directory row, even if that exists. A running
//! erasure may not have seen the new row. The directory row counts these writes. Whoever removes it thus sees whether
//! the user became known again.

use async_trait::async_trait;
use aws_sdk_dynamodb::{operation::query::QueryOutput, types::TransactWriteItem};

use super::{
    CONFLICT_TRIES,
    inbox::INBOX,
    item::{Item, ItemReader, number, row, text, user_pk},
    store_error,
    users::UsersTable,
    writes::updates,
};
use crate::{
    domain::{
        directory::Shard,
        id::{AppKey, UserId},
    },
    ports::{
        directory::{FindListed, ListUser, ReadDirectory},
        error::StoreError,
    },
};

/// Attribute that counts how often the user became known.
const TIMES: &str = "times";

#[async_trait]
impl ReadDirectory for UsersTable {
    async fn users(
        &self,
        app: &AppKey,
        shard: Shard,
        after: Option<&UserId>,
        most: usize,
    ) -> Result<Vec<UserId>, StoreError> {
        // A page of 1 MB holds more rows than a caller asks for.
        let found = self.shard_page(app, shard, start(app, shard, after), most).await?;
        found.items().iter().map(read_user).collect()
    }

    async fn readable_users(
        &self,
        app: &AppKey,
        shard: Shard,
        after: Option<&UserId>,
        most: usize,
    ) -> Result<Vec<UserId>, StoreError> {
        let (mut users, mut next) = (Vec::new(), start(app, shard, after));
        loop {
            let found = self.shard_page(app, shard, next, most - users.len()).await?;
            users.extend(found.items().iter().filter_map(|item| {
                let unreadable = |error: &StoreError| {
                    tracing::error!(%app, shard = %shard.digit(), error = error.chain(), "a row of the directory is skipped");
                };
                read_user(item).inspect_err(unreadable).ok()
            }));
            next = found.last_evaluated_key;
            if next.is_none() || users.len() >= most {
                return Ok(users);
            }
        }
    }

    async fn is_listed(&self, app: &AppKey, user: &UserId) -> Result<bool, StoreError> {
        Ok(self.times_listed(app, user).await?.is_some())
    }
}

#[async_trait]
impl FindListed for UsersTable {
    async fn are_listed(&self, app: &AppKey, users: &[UserId]) -> Result<Vec<bool>, StoreError> {
        let keys: Vec<Item> = users.iter().map(|user| directory_key(app, user)).collect();
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.0.items(&keys).await?.iter().map(Option::is_some).collect())
    }
}

#[async_trait]
impl ListUser for UsersTable {
    async fn list_user(&self, app: &AppKey, user: &UserId) -> Result<bool, StoreError> {
        for _ in 0..CONFLICT_TRIES {
            if self.times_listed(app, user).await?.is_some() {
                return Ok(false);
            }
            let rows = self.first_rows(app, user).await?;
            // Marks alone do not make a user known.
            let Some(known) = rows.into_iter().find(|item| ItemReader(item).optional_text("sk") != Some(INBOX)) else {
                return Ok(false);
            };
            let known = self.0.must_exist(known)?;
            let writes = vec![known, self.list(app, user)?];
            match self.0.transact(writes).await {
                Ok(()) => return Ok(true),
                // The row is gone, but others may be left.
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict)
    }
}

impl UsersTable {
    /// Returns how often the user became known; `None` if the directory does not list the user.
    pub(super) async fn times_listed(&self, app: &AppKey, user: &UserId) -> Result<Option<i64>, StoreError> {
        let get = self.0.client.get_item().table_name(&self.0.name).set_key(Some(directory_key(app, user)));
        let found = get.consistent_read(true).send().await.map_err(store_error)?;
        Ok(found.item.map(|item| ItemReader(&item).optional_number(TIMES).unwrap_or_default()))
    }

    /// Returns the write that lists a user. It belongs into the transaction that writes the user's new row.
    pub(super) fn list(&self, app: &AppKey, user: &UserId) -> Result<TransactWriteItem, StoreError> {
        self.list_if(app, user, None)
    }

    /// Returns the write that lists a user, on a condition of the directory's row.
    pub(super) fn list_if(
        &self,
        app: &AppKey,
        user: &UserId,
        condition: Option<&str>,
    ) -> Result<TransactWriteItem, StoreError> {
        let update = self.0.update_of(directory_key(app, user)).update_expression("ADD #times :one");
        let update = update.set_condition_expression(condition.map(str::to_owned));
        updates(update.expression_attribute_names("#times", TIMES).expression_attribute_values(":one", number(1)))
    }

    /// Writes a new row and lists its user. Fails with [`StoreError::Conflict`] if the row exists.
    pub(super) async fn put_and_list(&self, app: &AppKey, user: &UserId, item: Item) -> Result<(), StoreError> {
        let put = self.0.put_new(item)?;
        self.0.transact(vec![put, self.list(app, user)?]).await
    }

    /// Removes a user from the directory. Returns `false` if the user became known again, so that the count is not
    /// `times` any more.
    pub(super) async fn unlist(&self, app: &AppKey, user: &UserId, times: i64) -> Result<bool, StoreError> {
        let deleted = self
            .0
            .client
            .delete_item()
            .table_name(&self.0.name)
            .set_key(Some(directory_key(app, user)))
            .condition_expression("attribute_not_exists(pk) OR #times = :times")
            .expression_attribute_names("#times", TIMES)
            .expression_attribute_values(":times", number(times))
            .send()
            .await
            .map_err(store_error);
        match deleted {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn shard_page(
        &self,
        app: &AppKey,
        shard: Shard,
        start: Option<Item>,
        most: usize,
    ) -> Result<QueryOutput, StoreError> {
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(shard_pk(app, shard)))
            .set_exclusive_start_key(start)
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .consistent_read(true);
        query.send().await.map_err(store_error)
    }

    /// Returns the keys of the user's first two rows.
    pub(super) async fn first_rows(&self, app: &AppKey, user: &UserId) -> Result<Vec<Item>, StoreError> {
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(user_pk(app, user)))
            .projection_expression("pk, sk")
            .limit(2)
            .consistent_read(true);
        Ok(query.send().await.map_err(store_error)?.items.unwrap_or_default())
    }
}

/// Returns the key behind which a page begins.
fn start(app: &AppKey, shard: Shard, after: Option<&UserId>) -> Option<Item> {
    after.map(|user| row(shard_pk(app, shard), user.as_str()))
}

fn read_user(item: &Item) -> Result<UserId, StoreError> {
    ItemReader(item).parsed("sk", UserId::parse)
}

fn shard_pk(app: &AppKey, shard: Shard) -> String {
    format!("dir#{app}#{}", shard.digit())
}

fn directory_key(app: &AppKey, user: &UserId) -> Item {
    row(shard_pk(app, Shard::of(user)), user.as_str())
}

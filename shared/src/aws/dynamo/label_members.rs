//! The users of push labels in the table `Groups`: one row under the label and one under the user. One transaction
//! writes or removes both, and counts them.
//!
//! The rows under a label are spread over 16 partitions, as those of the directory of users: a label may have as many
//! users as the app.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::TransactWriteItem;

use super::{
    CONFLICT_TRIES, GroupsTable,
    group_members::MAX_AT_ONCE,
    item::{Item, ItemReader, number, row, text, user_pk},
    pause, store_error,
    writes::{deletes, puts},
};
use crate::{
    domain::{
        directory::Shard,
        id::{AppKey, UserId},
        push_label::{LabelKey, LabelledUser},
        time::Timestamp,
    },
    ports::{
        error::StoreError,
        push_labels::{LabelUsers, ReadLabelMembers},
    },
};

/// Attribute with the time since when a user has the label, in both rows.
pub(super) const SINCE: &str = "since";

#[async_trait]
impl ReadLabelMembers for GroupsTable {
    async fn labelled(
        &self,
        app: &AppKey,
        label: &LabelKey,
        shard: Shard,
        after: Option<&UserId>,
        most: usize,
    ) -> Result<Option<Vec<LabelledUser>>, StoreError> {
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(shard_pk(app, label, shard)))
            .set_exclusive_start_key(after.map(|user| row(shard_pk(app, label, shard), user.as_str())))
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .consistent_read(true);
        // A page of 1 MB holds more rows than a caller asks for.
        let found = query.send().await.map_err(store_error)?;
        let users = found.items().iter().map(read_user).collect::<Result<_, _>>()?;
        // Read after the users: a label that exists now had all its users a moment ago.
        Ok(self.label_lives(app, label).await?.then_some(users))
    }
}

#[async_trait]
impl LabelUsers for GroupsTable {
    async fn add_labelled(
        &self,
        app: &AppKey,
        label: &LabelKey,
        users: &[UserId],
        since: Timestamp,
    ) -> Result<Option<Vec<LabelledUser>>, StoreError> {
        let mut had = Vec::new();
        for part in users.chunks(MAX_AT_ONCE) {
            let Some(before) = self.set_label(app, label, part, Some(since)).await? else {
                return Ok(None);
            };
            had.extend(before);
        }
        Ok(Some(had))
    }

    async fn remove_labelled(
        &self,
        app: &AppKey,
        label: &LabelKey,
        users: &[UserId],
    ) -> Result<Option<Vec<UserId>>, StoreError> {
        let mut had = Vec::new();
        for part in users.chunks(MAX_AT_ONCE) {
            let Some(before) = self.set_label(app, label, part, None).await? else {
                return Ok(None);
            };
            had.extend(before.into_iter().map(|labelled| labelled.user));
        }
        Ok(Some(had))
    }

    async fn labelled_since(
        &self,
        app: &AppKey,
        label: &LabelKey,
        user: &UserId,
    ) -> Result<Option<Timestamp>, StoreError> {
        let get = self.0.client.get_item().table_name(&self.0.name).set_key(Some(member_key(app, label, user)));
        let found = get.consistent_read(true).send().await.map_err(store_error)?.item;
        found.map(|item| ItemReader(&item).time(SINCE)).transpose()
    }
}

impl GroupsTable {
    /// Gives the label to those of at most [`MAX_AT_ONCE`] users who lack it, or takes it from those who have it.
    /// Returns those who had it before, or `None` if the label was deleted.
    async fn set_label(
        &self,
        app: &AppKey,
        label: &LabelKey,
        users: &[UserId],
        since: Option<Timestamp>,
    ) -> Result<Option<Vec<LabelledUser>>, StoreError> {
        for attempt in 0..CONFLICT_TRIES {
            let had = self.which_have(app, label, users).await?;
            let changed: Vec<&UserId> =
                users.iter().filter(|user| had.contains_key(*user) != since.is_some()).collect();
            let done = match changed.first() {
                Some(first) => self.change_label(app, label, Shard::of(first), &changed, since).await,
                None => Ok(()),
            };
            match done {
                Ok(()) => return Ok(Some(had.into_values().collect())),
                // The label was deleted, or another call changed one of the users.
                Err(StoreError::Conflict) if !self.label_lives(app, label).await? => return Ok(None),
                Err(StoreError::Conflict) => pause(attempt).await,
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict)
    }

    /// Returns those of the users who have the label.
    async fn which_have(
        &self,
        app: &AppKey,
        label: &LabelKey,
        users: &[UserId],
    ) -> Result<HashMap<UserId, LabelledUser>, StoreError> {
        let keys: Vec<Item> = users.iter().map(|user| member_key(app, label, user)).collect();
        let rows = self.0.items(&keys).await?;
        let read = |item: &Item| read_user(item).map(|labelled| (labelled.user.clone(), labelled));
        rows.iter().flatten().map(read).collect()
    }

    /// Changes users and their number in one transaction. Fails with [`StoreError::Conflict`] if the label was deleted,
    /// or another call changed one of the users.
    async fn change_label(
        &self,
        app: &AppKey,
        label: &LabelKey,
        counter: Shard,
        users: &[&UserId],
        since: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let count = i64::try_from(users.len()).unwrap_or_default();
        let mut writes = vec![self.count_users(app, label, counter, if since.is_some() { count } else { -count })?];
        for user in users {
            writes.extend(match since {
                Some(since) => self.put_labelled(app, label, user, since)?,
                None => self.delete_labelled(app, label, user)?,
            });
        }
        self.0.transact(writes).await
    }

    fn put_labelled(
        &self,
        app: &AppKey,
        label: &LabelKey,
        user: &UserId,
        since: Timestamp,
    ) -> Result<[TransactWriteItem; 2], StoreError> {
        let (mut member, mut own) = (member_key(app, label, user), user_label_key(app, user, label));
        for item in [&mut member, &mut own] {
            item.insert(SINCE.into(), number(since.as_millis()));
        }
        Ok([self.0.put_new(member)?, puts(self.0.put_of(own))?])
    }

    fn delete_labelled(
        &self,
        app: &AppKey,
        label: &LabelKey,
        user: &UserId,
    ) -> Result<[TransactWriteItem; 2], StoreError> {
        let member = self.0.delete_of(member_key(app, label, user)).condition_expression("attribute_exists(pk)");
        Ok([deletes(member)?, deletes(self.0.delete_of(user_label_key(app, user, label)))?])
    }
}

// ---- rows ----

/// Prefix of the sort keys of a user's labels.
pub(super) const USER_LABEL: &str = "label#";

pub(super) fn shard_pk(app: &AppKey, label: &LabelKey, shard: Shard) -> String {
    format!("label#{app}#{}#{}", label.id, shard.digit())
}

pub(super) fn member_key(app: &AppKey, label: &LabelKey, user: &UserId) -> Item {
    row(shard_pk(app, label, Shard::of(user)), user.as_str())
}

pub(super) fn user_label_key(app: &AppKey, user: &UserId, label: &LabelKey) -> Item {
    row(user_pk(app, user), format!("{USER_LABEL}{}#{}", label.name, label.id))
}

pub(super) fn read_user(item: &Item) -> Result<LabelledUser, StoreError> {
    let reader = ItemReader(item);
    Ok(LabelledUser { user: reader.parsed("sk", UserId::parse)?, since: reader.time(SINCE)? })
}

//! The table `Groups`: a group and its members under one partition key. Members come and go in one transaction with their
//! number, so that it is right without counting. The index by `user` answers the other way round.

use std::collections::{BTreeSet, HashSet};

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    Client,
    types::{Delete, KeysAndAttributes, Put, TransactWriteItem, Update},
};

use super::{
    CONFLICT_TRIES, Table,
    group_creation::CREATING,
    item::{Item, Reader, corrupt, group_pk, number, row, text, user_pk},
    store_error,
};
use crate::{
    domain::{
        group::Group,
        id::{AppKey, GroupId, UserId},
        time::Timestamp,
    },
    ports::{
        error::StoreError,
        groups::{ManageGroups, ReadMembers},
    },
};

pub(super) const META: &str = "meta";
const MEMBER: &str = "member#";
/// How many members change at once: a transaction takes 100 items, of which one is the group.
pub(super) const MAX_AT_ONCE: usize = 99;

/// The table `Groups`.
#[derive(Debug, Clone)]
pub struct GroupsTable(pub(super) Table);

impl GroupsTable {
    /// The table of this name.
    pub fn new(client: &Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    /// The group's own row, unless the group is still being created.
    async fn meta(&self, app: &AppKey, group: &GroupId) -> Result<Option<Item>, StoreError> {
        Ok(self.meta_row(app, group).await?.filter(|item| !item.contains_key(CREATING)))
    }

    pub(super) async fn meta_row(&self, app: &AppKey, group: &GroupId) -> Result<Option<Item>, StoreError> {
        let key = row(group_pk(app, group), META);
        let get = self.0.client.get_item().table_name(&self.0.name).set_key(Some(key)).consistent_read(true);
        Ok(get.send().await.map_err(store_error)?.item)
    }

    /// Those of the users who are members.
    async fn known(&self, app: &AppKey, group: &GroupId, users: &[UserId]) -> Result<HashSet<UserId>, StoreError> {
        let mut known = HashSet::new();
        let mut keys: Vec<Item> = users.iter().map(|user| member_key(app, group, user)).collect();
        for _ in 0..CONFLICT_TRIES {
            let asked = KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .consistent_read(true)
                .build()
                .map_err(StoreError::unavailable)?;
            let get = self.0.client.batch_get_item().request_items(&self.0.name, asked);
            let found = get.send().await.map_err(store_error)?;
            for item in found.responses.unwrap_or_default().remove(&self.0.name).unwrap_or_default() {
                known.insert(read_member(&item)?);
            }
            keys = found
                .unprocessed_keys
                .unwrap_or_default()
                .remove(&self.0.name)
                .map(|left| left.keys)
                .unwrap_or_default();
            if keys.is_empty() {
                return Ok(known);
            }
        }
        Err(StoreError::Throttled)
    }

    /// Changes members in one transaction with their number. [`StoreError::Conflict`] if the group is gone, or if somebody else
    /// added or removed one of them meanwhile.
    async fn change(&self, app: &AppKey, group: &GroupId, users: &[&UserId], join: bool) -> Result<(), StoreError> {
        let count = i64::try_from(users.len()).unwrap_or_default();
        let update = Update::builder()
            .table_name(&self.0.name)
            .set_key(Some(row(group_pk(app, group), META)))
            .update_expression("ADD members :count")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(creating)")
            .expression_attribute_values(":count", number(if join { count } else { -count }))
            .build()
            .map_err(StoreError::unavailable)?;
        let mut writes = vec![TransactWriteItem::builder().update(update).build()];
        for user in users {
            writes.push(if join { self.put_member(app, group, user)? } else { self.delete_member(app, group, user)? });
        }
        self.0.transact(writes).await
    }

    pub(super) fn put_member(
        &self,
        app: &AppKey,
        group: &GroupId,
        user: &UserId,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut item = member_key(app, group, user);
        item.insert("user".into(), text(user_pk(app, user)));
        self.put_new(item)
    }

    /// Puts a row that must not be there.
    pub(super) fn put_new(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.0.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(StoreError::unavailable)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn delete_member(&self, app: &AppKey, group: &GroupId, user: &UserId) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.0.name)
            .set_key(Some(member_key(app, group, user)))
            .condition_expression("attribute_exists(pk)")
            .build()
            .map_err(StoreError::unavailable)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// Adds or removes those users for whom that changes something.
    async fn set(&self, app: &AppKey, group: &GroupId, users: &[UserId], join: bool) -> Result<bool, StoreError> {
        // A request must not name a key twice.
        let users: Vec<UserId> = users.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
        for part in users.chunks(MAX_AT_ONCE) {
            self.set_part(app, group, part, join).await?;
        }
        Ok(self.meta(app, group).await?.is_some())
    }

    async fn set_part(&self, app: &AppKey, group: &GroupId, users: &[UserId], join: bool) -> Result<(), StoreError> {
        for _ in 0..CONFLICT_TRIES {
            let known = self.known(app, group, users).await?;
            let changed: Vec<&UserId> = users.iter().filter(|user| known.contains(*user) != join).collect();
            if changed.is_empty() {
                return Ok(());
            }
            match self.change(app, group, &changed, join).await {
                Err(StoreError::Conflict) if self.meta(app, group).await?.is_none() => return Ok(()),
                Err(StoreError::Conflict) => {}
                done => return done,
            }
        }
        Err(StoreError::Conflict)
    }
}

#[async_trait]
impl ReadMembers for GroupsTable {
    async fn size(&self, app: &AppKey, group: &GroupId) -> Result<Option<u32>, StoreError> {
        Ok(self.group(app, group).await?.map(|group| group.members))
    }

    async fn members(
        &self,
        app: &AppKey,
        group: &GroupId,
        after: Option<&UserId>,
        most: usize,
    ) -> Result<Vec<UserId>, StoreError> {
        let limit = i32::try_from(most).unwrap_or(i32::MAX);
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk AND begins_with(sk, :member)")
            .expression_attribute_values(":pk", text(group_pk(app, group)))
            .expression_attribute_values(":member", text(MEMBER))
            .set_exclusive_start_key(after.map(|user| member_key(app, group, user)))
            .limit(limit)
            .consistent_read(true);
        // A page of 1 MB holds more rows than anybody asks for.
        let found = query.send().await.map_err(store_error)?;
        found.items().iter().map(read_member).collect()
    }
}

#[async_trait]
impl ManageGroups for GroupsTable {
    async fn create_group(&self, app: &AppKey, group: &Group, members: &[UserId]) -> Result<(), StoreError> {
        self.create(app, group, members).await
    }

    async fn group(&self, app: &AppKey, group: &GroupId) -> Result<Option<Group>, StoreError> {
        let Some(item) = self.meta(app, group).await? else {
            return Ok(None);
        };
        let reader = Reader(&item);
        Ok(Some(Group {
            id: group.clone(),
            name: reader.text("name")?.to_owned(),
            owner: reader.optional_text("owner").map(UserId::parse).transpose().map_err(|_| corrupt("owner"))?,
            members: reader.optional_number("members").and_then(|count| count.try_into().ok()).unwrap_or_default(),
            created_at: reader.time("created_at")?,
        }))
    }

    async fn delete_group(&self, app: &AppKey, group: &GroupId) -> Result<bool, StoreError> {
        loop {
            if self.meta(app, group).await?.is_none() {
                return Ok(false);
            }
            let members = self.members(app, group, None, MAX_AT_ONCE).await?;
            if !members.is_empty() {
                self.set_part(app, group, &members, false).await?;
                continue;
            }
            let deleted = self
                .0
                .client
                .delete_item()
                .table_name(&self.0.name)
                .set_key(Some(row(group_pk(app, group), META)))
                .condition_expression("members = :none")
                .expression_attribute_values(":none", number(0))
                .send()
                .await
                .map_err(store_error);
            match deleted {
                Ok(_) => return Ok(true),
                // Somebody joined meanwhile, or deleted it as well.
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn add_members(
        &self,
        app: &AppKey,
        group: &GroupId,
        users: &[UserId],
        _at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.set(app, group, users, true).await
    }

    async fn remove_members(&self, app: &AppKey, group: &GroupId, users: &[UserId]) -> Result<bool, StoreError> {
        self.set(app, group, users, false).await
    }
}

// ---- rows ----

pub(super) fn member_key(app: &AppKey, group: &GroupId, user: &UserId) -> Item {
    row(group_pk(app, group), format!("{MEMBER}{user}"))
}

fn read_member(item: &Item) -> Result<UserId, StoreError> {
    Reader(item).parsed("sk", |sk| UserId::parse(sk.strip_prefix(MEMBER).unwrap_or_default()))
}

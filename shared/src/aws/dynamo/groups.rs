//! The table `Groups`: a group and its members under one partition key.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;

use super::{
    Table,
    group_creation::CREATING,
    group_directory::listed,
    group_members::{Change, MAX_AT_ONCE, deletes, member_key, read_member},
    item::{Item, Reader, corrupt, group_pk, number, row, text},
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
/// What the sort keys of members begin with.
pub(super) const MEMBER: &str = "member#";

/// How often a deletion looks again, beside once for each page of members, when others change the group meanwhile.
const DELETE_TRIES: usize = 6;

/// The table `Groups`.
#[derive(Debug, Clone)]
pub struct GroupsTable(pub(super) Table);

impl GroupsTable {
    /// The table of this name.
    pub fn new(client: &Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    /// The group's own row, unless the group is still being created.
    pub(super) async fn meta(&self, app: &AppKey, group: &GroupId) -> Result<Option<Item>, StoreError> {
        Ok(self.meta_row(app, group).await?.filter(|item| !item.contains_key(CREATING)))
    }

    pub(super) async fn meta_row(&self, app: &AppKey, group: &GroupId) -> Result<Option<Item>, StoreError> {
        let key = row(group_pk(app, group), META);
        let get = self.0.client.get_item().table_name(&self.0.name).set_key(Some(key)).consistent_read(true);
        Ok(get.send().await.map_err(store_error)?.item)
    }
}

impl GroupsTable {
    /// Forgets whose a group is whose owner left.
    async fn disown(&self, app: &AppKey, group: &GroupId, owner: &str) -> Result<(), StoreError> {
        let update =
            self.0.client.update_item().table_name(&self.0.name).set_key(Some(row(group_pk(app, group), META)));
        let update = update
            .update_expression("REMOVE #owner")
            .condition_expression("#owner = :owner")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", text(owner));
        match update.send().await.map_err(store_error) {
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
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
        let Some(found) = self.group(app, group).await? else {
            return Ok(false);
        };
        let pages = usize::try_from(found.members).unwrap_or(usize::MAX).div_ceil(MAX_AT_ONCE);
        for _ in 0..pages.saturating_add(DELETE_TRIES) {
            let Some(meta) = self.meta(app, group).await? else {
                return Ok(false);
            };
            let members = self.members(app, group, None, MAX_AT_ONCE).await?;
            if !members.is_empty() {
                self.set_part(app, group, &members, &Change::Leave).await?;
                continue;
            }
            // Nobody is a member. Whoever joins changes the number, be it right or not; another group of that id began later.
            let reader = Reader(&meta);
            let created_at = reader.time("created_at")?;
            let delete = self
                .delete_of(row(group_pk(app, group), META))
                .condition_expression("members = :seen AND created_at = :created")
                .expression_attribute_values(":seen", number(reader.optional_number("members").unwrap_or_default()))
                .expression_attribute_values(":created", number(created_at.as_millis()));
            let (delete, unlist) = (deletes(delete)?, deletes(self.delete_of(listed(app, created_at, group)))?);
            match self.0.transact(vec![delete, unlist]).await {
                Ok(()) => return Ok(true),
                // Somebody joined meanwhile, or deleted it as well.
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        // Others join as fast as this removes them. What is left goes with the next call.
        Err(StoreError::Conflict)
    }

    async fn add_members(
        &self,
        app: &AppKey,
        group: &GroupId,
        users: &[UserId],
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let Some(meta) = self.meta(app, group).await? else {
            return Ok(false);
        };
        self.set(app, group, users, &Change::Join { name: Reader(&meta).text("name")?, at }).await
    }

    async fn remove_members(&self, app: &AppKey, group: &GroupId, users: &[UserId]) -> Result<bool, StoreError> {
        let Some(meta) = self.meta(app, group).await? else {
            return Ok(false);
        };
        let found = self.set(app, group, users, &Change::Leave).await?;
        match Reader(&meta).optional_text("owner") {
            Some(owner) if users.iter().any(|user| user.as_str() == owner) => {
                self.disown(app, group, owner).await?;
            }
            _ => {}
        }
        Ok(found)
    }
}

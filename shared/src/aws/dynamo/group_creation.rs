//! Creation of a group with its first members. A transaction takes 100 items. A group of more is written in two, and counts as
//! unknown in between; what a call that was cut off left behind, the next call for the same id removes.

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem, Update};

use super::{
    CONFLICT_TRIES, GroupsTable,
    groups::{MAX_AT_ONCE, META, member_key},
    item::{Item, Reader, group_pk, number, row, text},
};
use crate::{
    crypto::encoding::sha256_hex,
    domain::{
        group::Group,
        id::{AppKey, GroupId, UserId},
    },
    ports::{error::StoreError, groups::ReadMembers},
};

/// The attribute of a group that lacks members: what it is to become.
pub(super) const CREATING: &str = "creating";

impl GroupsTable {
    pub(super) async fn create(&self, app: &AppKey, group: &Group, members: &[UserId]) -> Result<(), StoreError> {
        let (first, rest) = members.split_at(members.len().min(MAX_AT_ONCE));
        let creation = creation(group, members);
        for _ in 0..CONFLICT_TRIES {
            let half = (!rest.is_empty()).then_some(creation.as_str());
            match self.begin(app, group, first, half).await {
                Ok(()) if rest.is_empty() => return Ok(()),
                Ok(()) => return self.complete(app, &group.id, rest, &creation).await,
                Err(StoreError::Conflict) => self.discard(app, &group.id).await?,
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict)
    }

    /// Writes the group and its first members. `half`: others follow.
    async fn begin(
        &self,
        app: &AppKey,
        group: &Group,
        members: &[UserId],
        half: Option<&str>,
    ) -> Result<(), StoreError> {
        let mut item = row(group_pk(app, &group.id), META);
        item.insert("name".into(), text(&group.name));
        item.insert("members".into(), number(group.members.into()));
        item.insert("created_at".into(), number(group.created_at.as_millis()));
        if let Some(owner) = &group.owner {
            item.insert("owner".into(), text(owner.as_str()));
        }
        if let Some(creation) = half {
            item.insert(CREATING.into(), text(creation));
        }
        let mut writes = vec![self.put_new(item)?];
        for user in members {
            writes.push(self.put_member(app, &group.id, user)?);
        }
        self.0.transact(writes).await
    }

    /// Writes the other members and makes the group visible. [`StoreError::Conflict`] if somebody discarded it meanwhile.
    async fn complete(
        &self,
        app: &AppKey,
        group: &GroupId,
        members: &[UserId],
        creation: &str,
    ) -> Result<(), StoreError> {
        let update = Update::builder()
            .table_name(&self.0.name)
            .set_key(Some(row(group_pk(app, group), META)))
            .update_expression("REMOVE creating")
            .condition_expression("creating = :creation")
            .expression_attribute_values(":creation", text(creation))
            .build()
            .map_err(StoreError::unavailable)?;
        let mut writes = vec![TransactWriteItem::builder().update(update).build()];
        for user in members {
            writes.push(self.put_member(app, group, user)?);
        }
        self.0.transact(writes).await
    }

    /// Removes half a group: all that [`Self::begin`] wrote, in one transaction. [`StoreError::Conflict`] if the group is whole.
    async fn discard(&self, app: &AppKey, group: &GroupId) -> Result<(), StoreError> {
        let Some(item) = self.meta_row(app, group).await? else {
            return Ok(());
        };
        let Some(creation) = Reader(&item).optional_text(CREATING) else {
            return Err(StoreError::Conflict);
        };
        let key = row(group_pk(app, group), META);
        let delete = self.delete_of(key).condition_expression("creating = :creation");
        let delete = delete.expression_attribute_values(":creation", text(creation));
        let mut deletes = vec![delete];
        for user in self.members(app, group, None, MAX_AT_ONCE).await? {
            deletes.push(self.delete_of(member_key(app, group, &user)));
        }
        let mut writes = Vec::with_capacity(deletes.len());
        for delete in deletes {
            let delete = delete.build().map_err(StoreError::unavailable)?;
            writes.push(TransactWriteItem::builder().delete(delete).build());
        }
        match self.0.transact(writes).await {
            // It was completed or discarded meanwhile: whoever goes on sees which.
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn delete_of(&self, key: Item) -> aws_sdk_dynamodb::types::builders::DeleteBuilder {
        Delete::builder().table_name(&self.0.name).set_key(Some(key))
    }
}

/// Tells creations apart. Two that write the same may complete each other.
fn creation(group: &Group, members: &[UserId]) -> String {
    let members: Vec<&str> = members.iter().map(UserId::as_str).collect();
    let owner = group.owner.as_ref().map_or("", UserId::as_str);
    sha256_hex(format!("{}\n{owner}\n{}\n{}", group.created_at, members.join("\n"), group.name).as_bytes())
}

//! Creation of a group with its first members. A transaction takes 100 items, and a member takes two. A group of more is written in
//! several, and counts as unknown until the last; what a call that was cut off left behind, the next call for the same id removes.

use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem, Update};

use super::{
    CONFLICT_TRIES, GroupsTable,
    group_members::{MAX_AT_ONCE, deletes, member_key},
    groups::META,
    item::{Item, Reader, group_pk, number, row, text},
    memberships::membership_key,
    store_error,
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
/// What it is of a group that is being removed before it was whole. No creation is called so.
const DISCARDED: &str = "discarded";

impl GroupsTable {
    pub(super) async fn create(&self, app: &AppKey, group: &Group, members: &[UserId]) -> Result<(), StoreError> {
        let (first, rest) = members.split_at(members.len().min(MAX_AT_ONCE));
        let creation = creation(group, members);
        for _ in 0..CONFLICT_TRIES {
            let half = (!rest.is_empty()).then_some(creation.as_str());
            match self.begin(app, group, first, half).await {
                Ok(()) => return self.go_on(app, group, rest, &creation).await,
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
        let mut item = meta_key(app, &group.id);
        item.insert("name".into(), text(&group.name));
        item.insert("members".into(), number(group.members.into()));
        item.insert("created_at".into(), number(group.created_at.as_millis()));
        if let Some(owner) = &group.owner {
            item.insert("owner".into(), text(owner.as_str()));
        }
        if let Some(creation) = half {
            item.insert(CREATING.into(), text(creation));
        }
        let begun = self.put_new(item)?;
        self.write(app, group, members, begun).await
    }

    /// Writes the other members; the last of them make the group visible. [`StoreError::Conflict`] if somebody discarded it meanwhile.
    async fn go_on(&self, app: &AppKey, group: &Group, members: &[UserId], creation: &str) -> Result<(), StoreError> {
        let parts = members.chunks(MAX_AT_ONCE);
        let last = parts.len();
        for (number, part) in (1..).zip(parts) {
            let still = if number == last {
                self.completed(app, &group.id, creation)?
            } else {
                self.still(app, &group.id, creation)?
            };
            self.write(app, group, part, still).await?;
        }
        Ok(())
    }

    /// Writes members together with what is said of their group.
    async fn write(
        &self,
        app: &AppKey,
        group: &Group,
        members: &[UserId],
        of_group: TransactWriteItem,
    ) -> Result<(), StoreError> {
        let mut writes = vec![of_group];
        for user in members {
            writes.extend(self.put_member(app, (&group.id, &group.name), user, group.created_at)?);
        }
        self.0.transact(writes).await
    }

    /// Removes half a group. [`StoreError::Conflict`] if the group is whole. Nobody completes it from the first step on, and a second one
    /// who discards it removes no member of whatever is created next.
    async fn discard(&self, app: &AppKey, group: &GroupId) -> Result<(), StoreError> {
        let Some(item) = self.meta_row(app, group).await? else {
            return Ok(());
        };
        let creation = Reader(&item).optional_text(CREATING).ok_or(StoreError::Conflict)?;
        match self.remove_half(app, group, creation).await {
            // It was completed or discarded meanwhile: whoever goes on sees which.
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn remove_half(&self, app: &AppKey, group: &GroupId, creation: &str) -> Result<(), StoreError> {
        let taking = self.0.client.update_item().table_name(&self.0.name).set_key(Some(meta_key(app, group)));
        let taking = taking
            .update_expression("SET creating = :discarded")
            .condition_expression(IS_OF)
            .expression_attribute_values(":discarded", text(DISCARDED))
            .expression_attribute_values(":creation", text(creation));
        taking.send().await.map_err(store_error)?;
        loop {
            let members = self.members(app, group, None, MAX_AT_ONCE).await?;
            if members.is_empty() {
                let delete = self.0.client.delete_item().table_name(&self.0.name).set_key(Some(meta_key(app, group)));
                let delete = delete.condition_expression(IS_OF);
                let delete = delete.expression_attribute_values(":creation", text(DISCARDED));
                return delete.send().await.map(drop).map_err(store_error);
            }
            let mut writes = vec![self.still(app, group, DISCARDED)?];
            for user in &members {
                writes.push(deletes(self.delete_of(member_key(app, group, user)))?);
                writes.push(deletes(self.delete_of(membership_key(app, user, group)))?);
            }
            self.0.transact(writes).await?;
        }
    }

    /// Holds if this creation, or the removal of half a group, is still the last that was heard of it.
    fn still(&self, app: &AppKey, group: &GroupId, creation: &str) -> Result<TransactWriteItem, StoreError> {
        let check = ConditionCheck::builder()
            .table_name(&self.0.name)
            .set_key(Some(meta_key(app, group)))
            .condition_expression(IS_OF)
            .expression_attribute_values(":creation", text(creation))
            .build()
            .map_err(StoreError::unavailable)?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// Makes the group visible.
    fn completed(&self, app: &AppKey, group: &GroupId, creation: &str) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder()
            .table_name(&self.0.name)
            .set_key(Some(meta_key(app, group)))
            .update_expression("REMOVE creating")
            .condition_expression(IS_OF)
            .expression_attribute_values(":creation", text(creation))
            .build()
            .map_err(StoreError::unavailable)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

/// The condition that a group is still being created so.
const IS_OF: &str = "creating = :creation";

fn meta_key(app: &AppKey, group: &GroupId) -> Item {
    row(group_pk(app, group), META)
}

/// Tells creations apart. Two that write the same may complete each other.
fn creation(group: &Group, members: &[UserId]) -> String {
    let members: Vec<&str> = members.iter().map(UserId::as_str).collect();
    let owner = group.owner.as_ref().map_or("", UserId::as_str);
    sha256_hex(format!("{}\n{owner}\n{}\n{}", group.created_at, members.join("\n"), group.name).as_bytes())
}

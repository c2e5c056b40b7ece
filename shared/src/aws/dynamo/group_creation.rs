//! Creation of a group with its first members. A transaction takes 100 items, and a member takes two. A group of more is written in
//! several, and counts as unknown until the last; what a call that was cut off left behind, the next call for the same id removes.

use aws_sdk_dynamodb::types::{ConditionCheck, Put, TransactWriteItem, Update};

use super::{
    CONFLICT_TRIES, GroupsTable,
    group_directory::listed,
    group_info::info_key,
    group_members::{MAX_AT_ONCE, deletes, member_key},
    groups::{META, group_attributes},
    item::{Item, Reader, group_pk, row, text},
    memberships::membership_key,
    store_error,
};
use crate::{
    crypto::encoding::sha256_hex,
    domain::{
        group::Group,
        group_profile::GroupInfo,
        id::{AppKey, GroupId, UserId},
        time::Timestamp,
    },
    ports::{error::StoreError, groups::ReadMembers},
};

/// The attribute of a group that lacks members: what it is to become.
pub(super) const CREATING: &str = "creating";
/// What it is of a group that is being removed before it was whole. No creation is called so.
const DISCARDED: &str = "discarded";
/// How many members are written with the group: its directory row and what is said of it stand beside them.
const MAX_AT_FIRST: usize = MAX_AT_ONCE - 1;

impl GroupsTable {
    pub(super) async fn create(
        &self,
        app: &AppKey,
        group: &Group,
        info: &GroupInfo,
        members: &[UserId],
    ) -> Result<(), StoreError> {
        let (first, rest) = members.split_at(members.len().min(MAX_AT_FIRST));
        let creation = creation(group, info, members);
        for _ in 0..CONFLICT_TRIES {
            let half = (!rest.is_empty()).then_some(creation.as_str());
            match self.begin(app, group, info, first, half).await {
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
        info: &GroupInfo,
        members: &[UserId],
        half: Option<&str>,
    ) -> Result<(), StoreError> {
        let mut item = meta_key(app, &group.id);
        item.extend(group_attributes(group));
        if let Some(creation) = half {
            item.insert(CREATING.into(), text(creation));
        }
        let listed = listed(app, group.created_at, &group.id);
        let put = Put::builder().table_name(&self.0.name).set_item(Some(listed));
        let listed = TransactWriteItem::builder().put(put.build().map_err(StoreError::unavailable)?).build();
        let mut writes = vec![self.put_new(item)?, listed];
        if *info != GroupInfo::default() {
            writes.push(self.put_info(app, group, info)?);
        }
        self.write(app, group, members, writes).await
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
            self.write(app, group, part, vec![still]).await?;
        }
        Ok(())
    }

    /// Writes members together with what is said of their group.
    async fn write(
        &self,
        app: &AppKey,
        group: &Group,
        members: &[UserId],
        mut writes: Vec<TransactWriteItem>,
    ) -> Result<(), StoreError> {
        for user in members {
            writes.extend(self.put_member(app, (&group.id, &group.name), user, group.created_at)?);
        }
        self.0.transact(writes).await
    }

    /// Removes half a group. [`StoreError::Conflict`] if the group is whole. Nobody completes it from the first step on, and a second one
    /// who discards it removes no member of whatever is created next.
    pub(super) async fn discard(&self, app: &AppKey, group: &GroupId) -> Result<(), StoreError> {
        let Some(item) = self.meta_row(app, group).await? else {
            return Ok(());
        };
        let creation = Reader(&item).optional_text(CREATING).ok_or(StoreError::Conflict)?;
        match self.remove_half(app, group, creation, Reader(&item).time("created_at")?).await {
            // It was completed or discarded meanwhile: whoever goes on sees which.
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn remove_half(
        &self,
        app: &AppKey,
        group: &GroupId,
        creation: &str,
        created_at: Timestamp,
    ) -> Result<(), StoreError> {
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
                let delete = self.delete_of(meta_key(app, group)).condition_expression(IS_OF);
                let delete = deletes(delete.expression_attribute_values(":creation", text(DISCARDED)))?;
                let unlist = deletes(self.delete_of(listed(app, created_at, group)))?;
                let info = deletes(self.delete_of(info_key(app, group, created_at)))?;
                return self.0.transact(vec![delete, unlist, info]).await;
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
fn creation(group: &Group, info: &GroupInfo, members: &[UserId]) -> String {
    sha256_hex(format!("{group:?}\n{info:?}\n{members:?}").as_bytes())
}

//! Removal of groups, whole or half. The first step makes a group half, so that it is unknown to everybody who reads or changes it; then its
//! members go, and its own row goes last. What a call that was cut off left behind is found by the next creation, deletion or erasure.

use super::{
    CONFLICT_TRIES, GroupsTable,
    group_creation::{CREATING, IS_OF, meta_key},
    group_directory::listed,
    group_info::info_key,
    group_members::{MAX_AT_ONCE, member_key},
    groups::{OWNER, read_group},
    item::{Item, ItemReader, number, text},
    member_changes::IS_WHOLE,
    memberships::membership_key,
    store_error,
    writes::deletes,
};
use crate::{
    domain::{
        group::Group,
        id::{AppKey, GroupId, UserId},
        time::Timestamp,
    },
    ports::{error::StoreError, groups::ReadMembers},
};

/// What a group that is being removed is to become. No creation is called so.
const DISCARDED: &str = "discarded";

/// What of a group must still be as it was read.
enum AsRead {
    /// that it was created then
    Creation,
    /// its owner, too
    Owner,
}

impl GroupsTable {
    /// Removes a group, also one whose removal was cut off; `false` if there is none.
    pub(super) async fn remove(&self, app: &AppKey, id: &GroupId) -> Result<bool, StoreError> {
        for _ in 0..CONFLICT_TRIES {
            let Some(item) = self.meta_row(app, id).await? else {
                return Ok(false);
            };
            if item.contains_key(CREATING) {
                let begun = is_discarded(&item);
                if begun {
                    self.finish(app, id, &item).await?;
                }
                return Ok(begun);
            }
            match self.discard_whole(app, &read_group(id, &item)?, &AsRead::Creation).await {
                // It went or began anew meanwhile.
                Err(StoreError::Conflict) => {}
                removed => return removed.map(|()| true),
            }
        }
        Err(StoreError::Conflict)
    }

    /// Removes a group whose creation and owner are as they were read; `false` if they are not.
    pub(super) async fn remove_as_read(&self, app: &AppKey, group: &Group) -> Result<bool, StoreError> {
        match self.discard_whole(app, group, &AsRead::Owner).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Removes half a group. [`StoreError::Conflict`] if the group is whole. Nobody completes it from the first step on, and a second one
    /// who discards it removes no member of whatever is created next.
    pub(super) async fn discard(&self, app: &AppKey, group: &GroupId) -> Result<(), StoreError> {
        match self.meta_row(app, group).await? {
            Some(item) => self.discard_half(app, group, &item).await,
            None => Ok(()),
        }
    }

    /// The same with the row that was read.
    pub(super) async fn discard_half(&self, app: &AppKey, group: &GroupId, item: &Item) -> Result<(), StoreError> {
        let creation = ItemReader(item).optional_text(CREATING).ok_or(StoreError::Conflict)?;
        let taking = self.0.client.update_item().table_name(&self.0.name).set_key(Some(meta_key(app, group)));
        let taking = taking
            .update_expression("SET creating = :discarded")
            .condition_expression(IS_OF)
            .expression_attribute_values(":discarded", text(DISCARDED))
            .expression_attribute_values(":creation", text(creation));
        match taking.send().await.map_err(store_error) {
            Ok(_) => self.finish(app, group, item).await,
            // It was completed or discarded meanwhile: whoever goes on sees which.
            Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes a whole group. [`StoreError::Conflict`] if it is not as it was read.
    async fn discard_whole(&self, app: &AppKey, group: &Group, as_read: &AsRead) -> Result<(), StoreError> {
        let taking = self.0.client.update_item().table_name(&self.0.name).set_key(Some(meta_key(app, &group.id)));
        let taking = taking
            .update_expression("SET creating = :discarded")
            .expression_attribute_values(":discarded", text(DISCARDED))
            .expression_attribute_values(":created", number(group.created_at.as_millis()));
        let is_this = format!("{IS_WHOLE} AND created_at = :created");
        let taking = match (as_read, &group.owner) {
            (AsRead::Creation, _) => taking.condition_expression(is_this),
            (AsRead::Owner, Some(owner)) => taking
                .condition_expression(format!("{is_this} AND #owner = :owner"))
                .expression_attribute_names("#owner", OWNER)
                .expression_attribute_values(":owner", text(owner.as_str())),
            (AsRead::Owner, None) => taking
                .condition_expression(format!("{is_this} AND attribute_not_exists(#owner)"))
                .expression_attribute_names("#owner", OWNER),
        };
        taking.send().await.map_err(store_error)?;
        self.finish_of(app, group).await
    }

    /// Removes what is left of a group that is discarded, whose row was read before.
    async fn finish(&self, app: &AppKey, id: &GroupId, item: &Item) -> Result<(), StoreError> {
        self.finish_of(app, &read_group(id, item)?).await
    }

    async fn finish_of(&self, app: &AppKey, group: &Group) -> Result<(), StoreError> {
        match self.remove_discarded(app, &group.id, group.owner.as_ref(), group.created_at).await {
            // Somebody else finished it meanwhile.
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes the members, and then the group's own rows. The owner goes last of them: an erasure that was cut off finds by that
    /// membership what is left.
    async fn remove_discarded(
        &self,
        app: &AppKey,
        group: &GroupId,
        owner: Option<&UserId>,
        created_at: Timestamp,
    ) -> Result<(), StoreError> {
        loop {
            let mut members = self.members(app, group, None, MAX_AT_ONCE).await?;
            if members.len() > 1 {
                members.retain(|user| Some(user) != owner);
            }
            if members.is_empty() {
                let delete = self.0.delete_of(meta_key(app, group)).condition_expression(IS_OF);
                let delete = deletes(delete.expression_attribute_values(":creation", text(DISCARDED)))?;
                let unlist = deletes(self.0.delete_of(listed(app, created_at, group)))?;
                let info = deletes(self.0.delete_of(info_key(app, group, created_at)))?;
                return self.0.transact(vec![delete, unlist, info]).await;
            }
            let mut writes = vec![self.still(app, group, DISCARDED)?];
            for user in &members {
                writes.push(deletes(self.0.delete_of(member_key(app, group, user)))?);
                writes.push(deletes(self.0.delete_of(membership_key(app, user, group)))?);
            }
            self.0.transact(writes).await?;
        }
    }
}

/// Whether the removal of the group has begun.
pub(super) fn is_discarded(meta: &Item) -> bool {
    ItemReader(meta).optional_text(CREATING) == Some(DISCARDED)
}

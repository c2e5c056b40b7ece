//! Removal of groups, also of those whose creation is not complete. The first step marks the group as discarded, so
//! nobody reads or changes it any more. Then the members are removed, and the group's own row last. The next creation,
//! deletion or erasure finds what an interrupted call left.

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

/// Value of [`CREATING`] in a group that is being removed. No creation has this name.
const DISCARDED: &str = "discarded";

/// Which facts of the group must be unchanged since it was read.
enum AsRead {
    /// the time of creation
    Creation,
    /// the time of creation and the owner
    Owner,
}

impl GroupsTable {
    /// Removes a group, or completes an interrupted removal. Returns `false` if there is no group.
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
                // The group was removed, or removed and created again.
                Err(StoreError::Conflict) => {}
                removed => return removed.map(|()| true),
            }
        }
        Err(StoreError::Conflict)
    }

    /// Removes a group whose time of creation and owner are as they were read. Returns `false` if they are not.
    pub(super) async fn remove_as_read(&self, app: &AppKey, group: &Group) -> Result<bool, StoreError> {
        match self.discard_whole(app, group, &AsRead::Owner).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Removes a group whose creation is not complete. Fails with [`StoreError::Conflict`] if the group is complete.
    /// After the first step nobody can complete it. A second caller that discards it removes no member of the next
    /// creation.
    pub(super) async fn discard(&self, app: &AppKey, group: &GroupId) -> Result<(), StoreError> {
        match self.meta_row(app, group).await? {
            Some(item) => self.discard_half(app, group, &item).await,
            None => Ok(()),
        }
    }

    /// Removes an incomplete group whose row was read before.
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
            // Another call completed or discarded the group. The caller's next read sees which.
            Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes a complete group. Fails with [`StoreError::Conflict`] if it is not as it was read.
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

    /// Removes the rest of a discarded group whose row was read before.
    async fn finish(&self, app: &AppKey, id: &GroupId, item: &Item) -> Result<(), StoreError> {
        self.finish_of(app, &read_group(id, item)?).await
    }

    async fn finish_of(&self, app: &AppKey, group: &Group) -> Result<(), StoreError> {
        match self.remove_discarded(app, &group.id, group.owner.as_ref(), group.created_at).await {
            // Another call finished the removal.
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes the members, and then the group's own rows. The owner is the last member: an erasure that was
    /// interrupted finds the rest by the owner's membership.
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

/// Returns whether the removal of the group has begun.
pub(super) fn is_discarded(meta: &Item) -> bool {
    ItemReader(meta).optional_text(CREATING) == Some(DISCARDED)
}

//! Removal of the memberships of erased users and groups.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::builders::DeleteBuilder;

use super::{
    GroupsTable,
    group_creation::CREATING,
    group_directory::listed,
    group_heads::head_key,
    group_info::info_key,
    group_members::member_key,
    group_removal::is_discarded,
    groups::META,
    item::{ItemReader, group_pk, number, row},
    member_changes::counting,
    memberships::membership_key,
    writes::{deletes, updates},
};
use crate::{
    domain::{
        group::Membership,
        id::{AppKey, GroupId, UserId},
        time::Timestamp,
    },
    ports::{
        erasure::{CREATION_TIME, EraseGroups},
        error::StoreError,
    },
};

#[async_trait]
impl EraseGroups for GroupsTable {
    async fn leave(
        &self,
        app: &AppKey,
        user: &UserId,
        membership: &Membership,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let group = &membership.group;
        let update = self.0.update_of(row(group_pk(app, group), META));
        let writes = vec![
            updates(counting(update, -1, &[user]))?,
            deletes(as_read(self.0.delete_of(member_key(app, group, user)), membership))?,
            deletes(as_read(self.0.delete_of(membership_key(app, user, group)), membership))?,
        ];
        match self.0.transact(writes).await {
            Err(StoreError::Conflict) => self.leave_nothing(app, user, membership, now).await,
            done => done,
        }
    }

    async fn forget_group(&self, app: &AppKey, group: &GroupId, created_at: Timestamp) -> Result<(), StoreError> {
        match self.discard(app, group).await {
            // A conflict means that the group is complete.
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error),
        }
        let rows = [head_key(app, group), listed(app, created_at, group), info_key(app, group, created_at)];
        let writes = rows.map(|key| deletes(self.0.delete_of(key))).into_iter().collect::<Result<_, _>>()?;
        self.0.transact(writes).await
    }
}

impl GroupsTable {
    /// Removes what is left of a membership whose group is gone or incomplete, or which ended or began again since it
    /// was read. The rest is an incomplete group or a row without a group.
    async fn leave_nothing(
        &self,
        app: &AppKey,
        user: &UserId,
        membership: &Membership,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if let Some(meta) = self.meta_row(app, &membership.group).await? {
            let is_left = meta.contains_key(CREATING)
                && (is_discarded(&meta) || ItemReader(&meta).time("created_at")?.plus(CREATION_TIME) < now);
            return if is_left { self.discard_half(app, &membership.group, &meta).await } else { Ok(()) };
        }
        let delete = as_read(self.0.delete_of(membership_key(app, user, &membership.group)), membership);
        match self.0.transact(vec![deletes(delete)?]).await {
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Adds the condition that the membership is as it was read.
fn as_read(delete: DeleteBuilder, membership: &Membership) -> DeleteBuilder {
    let joined = number(membership.joined_at.as_millis());
    delete.condition_expression("joined_at = :joined").expression_attribute_values(":joined", joined)
}

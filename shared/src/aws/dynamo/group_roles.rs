//! Roles of members in the table `Groups`. The row of an administrator has the attribute `admin`, so a member who
//! leaves loses the role. The group's own row also holds the administrators' names, and the owner.

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    operation::query::builders::QueryFluentBuilder,
    types::{AttributeValue, TransactWriteItem, builders::UpdateBuilder},
};

use super::{
    CONFLICT_TRIES, GroupsTable,
    group_admins::{ADMIN, AdminChange, set_of, unnaming},
    group_creation::CREATING,
    group_members::{member_key, read_member},
    groups::{MEMBER, META, OWNER},
    item::{group_pk, row, text},
    member_changes::IS_WHOLE,
    store_error,
    writes::updates,
};
use crate::{
    domain::{
        group::Member,
        id::{AppKey, GroupId, UserId},
        time::Timestamp,
    },
    ports::{error::StoreError, groups::ManageRoles},
};

#[async_trait]
impl ManageRoles for GroupsTable {
    async fn all_members(&self, app: &AppKey, group: &GroupId) -> Result<Vec<Member>, StoreError> {
        self.read_all(self.query_members(app, group)).await
    }

    async fn member(&self, app: &AppKey, group: &GroupId, user: &UserId) -> Result<Option<Member>, StoreError> {
        let rows = self.0.items(&[row(group_pk(app, group), META), member_key(app, group, user)]).await?;
        let [Some(meta), Some(member)] = &rows[..] else {
            return Ok(None);
        };
        (!meta.contains_key(CREATING)).then(|| read_member(member)).transpose()
    }

    async fn admins(&self, app: &AppKey, group: &GroupId, now: Timestamp) -> Result<Vec<UserId>, StoreError> {
        self.find_admins(app, group, now).await
    }

    async fn add_admin(&self, app: &AppKey, group: &GroupId, user: &UserId) -> Result<bool, StoreError> {
        let update = self.0.update_of(member_key(app, group, user)).update_expression("SET #admin = :yes");
        let update = update.condition_expression("attribute_exists(pk)");
        let update = update.expression_attribute_values(":yes", AttributeValue::Bool(true));
        let name = self.name_admin(app, group, &AdminChange::Add(user))?;
        self.held(vec![of_admin(update)?, name]).await
    }

    async fn remove_admin(&self, app: &AppKey, group: &GroupId, user: &UserId) -> Result<bool, StoreError> {
        let update = self.0.update_of(member_key(app, group, user)).update_expression("REMOVE #admin");
        let update = update.condition_expression("attribute_exists(#admin)");
        let name = self.name_admin(app, group, &AdminChange::Remove(user))?;
        self.held(vec![of_admin(update)?, name]).await
    }

    async fn assign_group(&self, app: &AppKey, group: &GroupId, owner: &UserId) -> Result<bool, StoreError> {
        for _ in 0..CONFLICT_TRIES {
            if self.member(app, group, owner).await?.is_none() {
                return Ok(false);
            }
            let plain = self.0.update_of(member_key(app, group, owner)).update_expression("REMOVE #admin");
            let plain = of_admin(plain.condition_expression("attribute_exists(pk)"))?;
            let writes = vec![self.set_owner(app, group, owner)?, plain];
            if self.held(writes).await? {
                return Ok(true);
            }
            // The member left or the group was removed. The next read sees which.
        }
        Err(StoreError::Conflict)
    }
}

impl GroupsTable {
    pub(super) fn query_members(&self, app: &AppKey, group: &GroupId) -> QueryFluentBuilder {
        let query = self.0.client.query().table_name(&self.0.name).consistent_read(true);
        query
            .key_condition_expression("pk = :pk AND begins_with(sk, :member)")
            .expression_attribute_values(":pk", text(group_pk(app, group)))
            .expression_attribute_values(":member", text(MEMBER))
    }

    pub(super) async fn read_all(&self, query: QueryFluentBuilder) -> Result<Vec<Member>, StoreError> {
        // A row takes several times the memory of a member, and a group may be large. Rows are therefore read one by
        // one.
        let mut members = Vec::new();
        let mut rows = query.into_paginator().items().send();
        while let Some(row) = rows.next().await {
            members.push(read_member(&row.map_err(store_error)?)?);
        }
        Ok(members)
    }

    /// Makes the writes; returns `false` if a condition does not hold. Even a single row is a transaction: the SDK
    /// repeats it under the same token, so a try whose answer was lost does not fail on its own write.
    async fn held(&self, writes: Vec<TransactWriteItem>) -> Result<bool, StoreError> {
        match self.0.transact(writes).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn set_owner(&self, app: &AppKey, group: &GroupId, owner: &UserId) -> Result<TransactWriteItem, StoreError> {
        let update = self.0.update_of(row(group_pk(app, group), META));
        let update = update.update_expression(format!("SET #owner = :owner {}", unnaming()));
        let update = update.condition_expression(IS_WHOLE).expression_attribute_names("#owner", OWNER);
        let update = update.expression_attribute_values(":owner", text(owner.as_str()));
        updates(update.expression_attribute_values(":leaving", set_of([owner])))
    }
}

/// Returns the update of the attribute `#admin` in the row of a member.
fn of_admin(update: UpdateBuilder) -> Result<TransactWriteItem, StoreError> {
    updates(update.expression_attribute_names("#admin", ADMIN))
}

//! Removal of the users of deleted labels, and of the labels of erased users.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::builders::DeleteBuilder;

use super::{
    GroupsTable, all_rows,
    item::{Item, ItemReader, corrupt, number, text, user_pk},
    label_members::{SINCE, USER_LABEL, member_key, shard_pk, user_label_key},
    store_error,
    writes::deletes,
};
use crate::{
    domain::{
        directory::Shard,
        id::{AppKey, LabelId, LabelName, UserId},
        push_label::{LabelKey, UserLabel},
    },
    ports::{error::StoreError, push_labels::EraseLabels},
};

#[async_trait]
impl EraseLabels for GroupsTable {
    async fn labels_of(&self, app: &AppKey, user: &UserId) -> Result<Vec<UserLabel>, StoreError> {
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk AND begins_with(sk, :label)")
            .expression_attribute_values(":pk", text(user_pk(app, user)))
            .expression_attribute_values(":label", text(USER_LABEL))
            .consistent_read(true);
        all_rows(query).await?.iter().map(read_user_label).collect()
    }

    async fn unlabel(&self, app: &AppKey, user: &UserId, label: &UserLabel) -> Result<(), StoreError> {
        let rows = || -> Result<_, StoreError> {
            let keys = [member_key(app, &label.label, user), user_label_key(app, user, &label.label)];
            keys.into_iter().map(|key| deletes(as_read(self.0.delete_of(key), label))).collect::<Result<Vec<_>, _>>()
        };
        let mut writes = rows()?;
        writes.push(self.count_users(app, &label.label, Shard::of(user), -1)?);
        match self.0.transact(writes).await {
            // The user got the label again, or another call took it away: nothing is left to do.
            Err(StoreError::Conflict) if self.label_lives(app, &label.label).await? => Ok(()),
            Err(StoreError::Conflict) => match self.0.transact(rows()?).await {
                Err(StoreError::Conflict) => Ok(()),
                done => done,
            },
            done => done,
        }
    }

    async fn erase_labelled(&self, app: &AppKey, label: &LabelKey, most: usize) -> Result<bool, StoreError> {
        let mut room = most;
        for shard in Shard::all() {
            let (users, more) = self.labelled_keys(app, label, shard, room).await?;
            room = room.saturating_sub(users.len());
            // The row under the label goes last, because the others are found by it.
            let own = users.iter().map(|user| user_label_key(app, user, label)).collect();
            self.0.delete_all(own).await?;
            self.0.delete_all(users.iter().map(|user| member_key(app, label, user)).collect()).await?;
            if more || room == 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn forget_label_count(&self, app: &AppKey) -> Result<(), StoreError> {
        self.delete_count_of_none(app).await
    }
}

impl GroupsTable {
    /// Returns up to `most` users of a shard, and whether more may follow.
    async fn labelled_keys(
        &self,
        app: &AppKey,
        label: &LabelKey,
        shard: Shard,
        most: usize,
    ) -> Result<(Vec<UserId>, bool), StoreError> {
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(shard_pk(app, label, shard)))
            .projection_expression("sk")
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .consistent_read(true);
        let found = query.send().await.map_err(store_error)?;
        let more = found.last_evaluated_key.is_some();
        let users = found.items().iter().map(|item| ItemReader(item).parsed("sk", UserId::parse));
        Ok((users.collect::<Result<_, _>>()?, more))
    }
}

/// Adds the condition that the user has the label since the time that was read.
fn as_read(delete: DeleteBuilder, label: &UserLabel) -> DeleteBuilder {
    delete
        .condition_expression("#since = :since")
        .expression_attribute_names("#since", SINCE)
        .expression_attribute_values(":since", number(label.since.as_millis()))
}

fn read_user_label(item: &Item) -> Result<UserLabel, StoreError> {
    let reader = ItemReader(item);
    let sk = reader.text("sk")?.strip_prefix(USER_LABEL).and_then(|rest| rest.split_once('#'));
    let (name, id) = sk.ok_or_else(|| corrupt("sk"))?;
    let name = LabelName::parse(name).map_err(|_| corrupt("sk"))?;
    let id = LabelId::parse(id).map_err(|_| corrupt("sk"))?;
    Ok(UserLabel { label: LabelKey { name, id }, since: reader.time(SINCE)? })
}

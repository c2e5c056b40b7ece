//! Pushes that are stored for broadcasts, in the table `Runtime`. A second row counts those of a day.

use async_trait::async_trait;

use super::{
    RuntimeTable,
    item::{Item, ItemReader, json, number, row},
    tasks::tasks_pk,
    writes::updates,
};
use crate::{
    domain::{
        id::{AppKey, StoredPushId},
        instant::{MAX_STORED_PUSHES, StoredPush},
        statistics::Day,
    },
    ports::{error::StoreError, tasks::StorePushes},
};

/// Attribute with the `pushMessage`.
const MESSAGE: &str = "message";

#[async_trait]
impl StorePushes for RuntimeTable {
    async fn store_push(&self, app: &AppKey, push: &StoredPush) -> Result<bool, StoreError> {
        let expires_at = number(push.expires_at().as_seconds());
        let mut item = key(app, push.id);
        item.insert(MESSAGE.into(), json(&push.message)?);
        item.insert("expires_at".into(), expires_at.clone());
        let count = self
            .0
            .update_of(row(tasks_pk(app), format!("stored#{}", Day::of(push.id.created_at()))))
            .update_expression("SET expires_at = :end ADD pushes :one")
            .condition_expression("attribute_not_exists(pushes) OR pushes < :most")
            .expression_attribute_values(":end", expires_at)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":most", number(MAX_STORED_PUSHES.into()));
        match self.0.transact(vec![self.0.put_new(item)?, updates(count)?]).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => Ok(self.stored_push(app, push.id).await?.is_some()),
            Err(error) => Err(error),
        }
    }

    async fn stored_push(&self, app: &AppKey, id: StoredPushId) -> Result<Option<StoredPush>, StoreError> {
        let found = self.row(key(app, id)).await?;
        found.map(|item| Ok(StoredPush { id, message: ItemReader(&item).json(MESSAGE)? })).transpose()
    }
}

fn key(app: &AppKey, id: StoredPushId) -> Item {
    row(tasks_pk(app), format!("m#{id}"))
}

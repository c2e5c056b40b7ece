//! Builders of the writes of a transaction.

use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, Put, TransactWriteItem, Update,
    builders::{ConditionCheckBuilder, DeleteBuilder, PutBuilder, UpdateBuilder},
};

use super::{Table, item::Item};
use crate::ports::error::StoreError;

impl Table {
    /// Returns the put of a row that must not exist.
    pub(super) fn put_new(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        puts(self.put_of(item).condition_expression("attribute_not_exists(pk)"))
    }

    /// Returns the check that the row exists.
    pub(super) fn must_exist(&self, key: Item) -> Result<TransactWriteItem, StoreError> {
        checks(self.check_of(key).condition_expression("attribute_exists(pk)"))
    }

    /// Returns the put of a row, which replaces an existing one. The caller may add a condition.
    pub(super) fn put_of(&self, item: Item) -> PutBuilder {
        Put::builder().table_name(&self.name).set_item(Some(item))
    }

    /// Returns the deletion of a row, which may be missing. The caller may add a condition.
    pub(super) fn delete_of(&self, key: Item) -> DeleteBuilder {
        Delete::builder().table_name(&self.name).set_key(Some(key))
    }

    /// Returns the update of a row. The caller adds the expression.
    pub(super) fn update_of(&self, key: Item) -> UpdateBuilder {
        Update::builder().table_name(&self.name).set_key(Some(key))
    }

    /// Returns the check of a row. The caller adds the condition.
    pub(super) fn check_of(&self, key: Item) -> ConditionCheckBuilder {
        ConditionCheck::builder().table_name(&self.name).set_key(Some(key))
    }
}

/// Returns the put as a write of a transaction.
pub(super) fn puts(put: PutBuilder) -> Result<TransactWriteItem, StoreError> {
    Ok(TransactWriteItem::builder().put(put.build().map_err(StoreError::unavailable)?).build())
}

/// Returns the delete as a write of a transaction.
pub(super) fn deletes(delete: DeleteBuilder) -> Result<TransactWriteItem, StoreError> {
    Ok(TransactWriteItem::builder().delete(delete.build().map_err(StoreError::unavailable)?).build())
}

/// Returns the update as a write of a transaction.
pub(super) fn updates(update: UpdateBuilder) -> Result<TransactWriteItem, StoreError> {
    Ok(TransactWriteItem::builder().update(update.build().map_err(StoreError::unavailable)?).build())
}

/// Returns the check as a write of a transaction.
pub(super) fn checks(check: ConditionCheckBuilder) -> Result<TransactWriteItem, StoreError> {
    Ok(TransactWriteItem::builder().condition_check(check.build().map_err(StoreError::unavailable)?).build())
}

//! The numbers of an app's push labels, and of the users of each.

use aws_sdk_dynamodb::types::{TransactWriteItem, builders::UpdateBuilder};

use super::{
    GroupsTable,
    item::{ItemReader, number, text},
    label_rows::{ID, LABELS, USERS, count_key, counter_key, label_key},
    store_error,
    writes::updates,
};
use crate::{
    domain::{
        directory::Shard,
        id::AppKey,
        push_label::{LabelKey, MAX_LABELS},
    },
    ports::error::StoreError,
};

impl GroupsTable {
    /// Returns the change of the number of labels by one, up or down.
    pub(super) fn count_label(&self, app: &AppKey, by: i64) -> Result<TransactWriteItem, StoreError> {
        let update = self
            .0
            .update_of(count_key(app))
            .update_expression("ADD #labels :by")
            .expression_attribute_names("#labels", LABELS)
            .expression_attribute_values(":by", number(by));
        updates(match by {
            ..=0 => update,
            _ => update
                .condition_expression("attribute_not_exists(#labels) OR #labels < :most")
                .expression_attribute_values(":most", number(MAX_LABELS.into())),
        })
    }

    /// Returns how many labels the app has; strongly consistent.
    pub(super) async fn label_count(&self, app: &AppKey) -> Result<i64, StoreError> {
        let get = self.0.client.get_item().table_name(&self.0.name).set_key(Some(count_key(app)));
        let found = get.consistent_read(true).send().await.map_err(store_error)?.item;
        Ok(found.and_then(|item| ItemReader(&item).optional_number(LABELS)).unwrap_or_default())
    }

    /// Returns the change of the number of a label's users, in one of the rows that count. Its transaction fails with
    /// [`StoreError::Conflict`] if the label was deleted.
    pub(super) fn count_users(
        &self,
        app: &AppKey,
        label: &LabelKey,
        shard: Shard,
        by: i64,
    ) -> Result<TransactWriteItem, StoreError> {
        let update = self.0.update_of(counter_key(app, &label.name, shard)).update_expression("ADD #users :by");
        let update = update.expression_attribute_names("#users", USERS).expression_attribute_values(":by", number(by));
        updates(while_it_lives(update, label))
    }

    /// Returns whether the label exists; strongly consistent.
    pub(super) async fn label_lives(&self, app: &AppKey, label: &LabelKey) -> Result<bool, StoreError> {
        let get = self.0.client.get_item().table_name(&self.0.name).set_key(Some(label_key(app, &label.name)));
        let found = get.consistent_read(true).send().await.map_err(store_error)?.item;
        Ok(found.is_some_and(|item| ItemReader(&item).optional_text(ID) == Some(label.id.as_str())))
    }

    /// Removes the number of the app's labels, if it has none.
    pub(super) async fn delete_count_of_none(&self, app: &AppKey) -> Result<(), StoreError> {
        let delete = self
            .0
            .client
            .delete_item()
            .table_name(&self.0.name)
            .set_key(Some(count_key(app)))
            .condition_expression("attribute_not_exists(pk) OR #labels = :none")
            .expression_attribute_names("#labels", LABELS)
            .expression_attribute_values(":none", number(0));
        match delete.send().await.map_err(store_error) {
            // A label was created meanwhile.
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Adds the condition that the label was not deleted.
fn while_it_lives(update: UpdateBuilder, label: &LabelKey) -> UpdateBuilder {
    update
        .condition_expression("#id = :id")
        .expression_attribute_names("#id", ID)
        .expression_attribute_values(":id", text(label.id.as_str()))
}

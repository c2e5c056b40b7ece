//! Push labels in the table `Groups`: all labels of an app under one partition key.
//!
//! A label has one row with its texts, and 16 rows that count its users. Each transaction that adds or removes users
//! changes one of the 16. So the number is exact, callers at the same time seldom collide, and a deletion, which removes
//! all 16, ends every later change.

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;

use super::{
    CONFLICT_TRIES, GroupsTable,
    item::{number, text},
    label_rows::{END, ID, LABEL, ROWS, USERS, counter_key, label_key, labels_pk, read_labels},
    pause, store_error,
    writes::{deletes, puts},
};
use crate::{
    domain::{
        directory::Shard,
        id::{AppKey, LabelName},
        push_label::{LabelKey, MAX_LABELS, PushLabel},
    },
    ports::{
        error::StoreError,
        push_labels::{LabelCreation, ManageLabels, ReadLabels},
    },
};

#[async_trait]
impl ReadLabels for GroupsTable {
    async fn label(&self, app: &AppKey, name: &LabelName) -> Result<Option<PushLabel>, StoreError> {
        let (first, last) = (format!("{LABEL}{name}"), format!("{LABEL}{name}#{END}"));
        let found = self.query_labels(app, &first, &last).send().await.map_err(store_error)?;
        Ok(read_labels(found.items())?.into_iter().next())
    }
}

#[async_trait]
impl ManageLabels for GroupsTable {
    async fn create_label(&self, app: &AppKey, label: &PushLabel) -> Result<LabelCreation, StoreError> {
        for attempt in 0..CONFLICT_TRIES {
            match self.put_label(app, label).await {
                Ok(()) => return Ok(LabelCreation::Created),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
            if self.label(app, &label.key.name).await?.is_some() {
                return Ok(LabelCreation::Exists);
            }
            if self.label_count(app).await? >= i64::from(MAX_LABELS) {
                return Ok(LabelCreation::Full);
            }
            // Another call deleted a label meanwhile.
            pause(attempt).await;
        }
        Err(StoreError::Conflict)
    }

    async fn labels(&self, app: &AppKey, after: Option<&LabelName>, most: usize) -> Result<Vec<PushLabel>, StoreError> {
        let first = after.map_or_else(|| LABEL.to_owned(), |after| format!("{LABEL}{after}#{END}"));
        let rows = i32::try_from(most.saturating_mul(ROWS)).unwrap_or(i32::MAX);
        // All labels of an app are less than the 1 MB of a read.
        let query = self.query_labels(app, &first, &format!("{LABEL}{END}")).limit(rows);
        read_labels(query.send().await.map_err(store_error)?.items())
    }

    async fn delete_label(&self, app: &AppKey, label: &LabelKey) -> Result<bool, StoreError> {
        let own = self
            .0
            .delete_of(label_key(app, &label.name))
            .condition_expression("#id = :id")
            .expression_attribute_names("#id", ID)
            .expression_attribute_values(":id", text(label.id.as_str()));
        let mut writes = vec![deletes(own)?, self.count_label(app, -1)?];
        for shard in Shard::all() {
            writes.push(deletes(self.0.delete_of(counter_key(app, &label.name, shard)))?);
        }
        match self.0.transact(writes).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl GroupsTable {
    /// Writes the rows of a new label. Fails with [`StoreError::Conflict`] if the name is taken, or the app has as many
    /// labels as it may have.
    async fn put_label(&self, app: &AppKey, label: &PushLabel) -> Result<(), StoreError> {
        let id = text(label.key.id.as_str());
        let mut own = label_key(app, &label.key.name);
        own.insert(ID.into(), id.clone());
        own.insert("created_at".into(), number(label.created_at.as_millis()));
        if !label.description.is_empty() {
            own.insert("description".into(), text(&label.description));
        }
        let mut writes = vec![self.0.put_new(own)?, self.count_label(app, 1)?];
        for shard in Shard::all() {
            let mut counter = counter_key(app, &label.key.name, shard);
            counter.insert(ID.into(), id.clone());
            counter.insert(USERS.into(), number(0));
            writes.push(puts(self.0.put_of(counter))?);
        }
        self.0.transact(writes).await
    }

    fn query_labels(&self, app: &AppKey, first: &str, last: &str) -> QueryFluentBuilder {
        self.0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", text(labels_pk(app)))
            .expression_attribute_values(":first", text(first))
            .expression_attribute_values(":last", text(last))
            .consistent_read(true)
    }
}

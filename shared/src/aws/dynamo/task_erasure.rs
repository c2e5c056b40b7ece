//! Removal of everything that tasks store about an app.

use async_trait::async_trait;

use super::{RuntimeTable, item::text, store_error, tasks::tasks_pk};
use crate::{
    domain::id::AppKey,
    ports::{error::StoreError, tasks::EraseTasks},
};

#[async_trait]
impl EraseTasks for RuntimeTable {
    async fn erase_tasks(&self, app: &AppKey, most: usize) -> Result<bool, StoreError> {
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(tasks_pk(app)))
            .projection_expression("pk, sk")
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .consistent_read(true);
        let found = query.send().await.map_err(store_error)?;
        let more = found.last_evaluated_key.is_some();
        self.0.delete_all(found.items.unwrap_or_default()).await?;
        Ok(more)
    }
}

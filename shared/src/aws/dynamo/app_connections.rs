//! The note that an app has connections to Curlew: an attribute of its row in `Apps`. It is set once and never removed.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    AppsTable,
    apps::{APP, app_pk},
    item::row,
    store_error,
};
use crate::{
    domain::id::AppKey,
    ports::{apps::NoteConnections, error::StoreError},
};

/// Attribute that says whether the app has ever had a connection.
pub(super) const HAS_CONNECTIONS: &str = "has_connections";
/// Update that writes the note. The function's IAM policy names the same attributes.
pub const CONNECTIONS_UPDATE: &str = "SET has_connections = :yes";
/// Condition of the update: the app exists and is not deleted.
pub const CONNECTIONS_CONDITION: &str = "attribute_exists(pk) AND attribute_not_exists(deleted)";

#[async_trait]
impl NoteConnections for AppsTable {
    async fn note_connections(&self, key: &AppKey) -> Result<(), StoreError> {
        let update = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(row(app_pk(key), APP)))
            .update_expression(CONNECTIONS_UPDATE)
            .condition_expression(CONNECTIONS_CONDITION)
            .expression_attribute_values(":yes", AttributeValue::Bool(true));
        match update.send().await.map_err(store_error) {
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

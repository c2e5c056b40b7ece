//! The note that an app's server wants no more callbacks: attributes of the app's row in `Apps`. It names the setting
//! that it belongs to, so that a new setting is on.

use async_trait::async_trait;

use super::{
    AppsTable,
    apps::{APP, app_pk},
    item::{ItemReader, number, row},
    store_error,
};
use crate::{
    domain::{callback::CallbackOff, id::AppKey, time::Timestamp},
    ports::{callbacks::SwitchOffCallback, error::StoreError},
};

/// Update that writes the note. The function's IAM policy names the same attributes.
pub const CALLBACK_OFF_UPDATE: &str = "SET callback_off_of = :of, callback_off_at = :at";
/// Condition of the update: the app exists and is not deleted.
pub const CALLBACK_OFF_CONDITION: &str = "attribute_exists(pk) AND attribute_not_exists(deleted)";

#[async_trait]
impl SwitchOffCallback for AppsTable {
    async fn switch_off_callback(&self, app: &AppKey, set_at: Timestamp, at: Timestamp) -> Result<(), StoreError> {
        let update = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(row(app_pk(app), APP)))
            .update_expression(CALLBACK_OFF_UPDATE)
            .condition_expression(CALLBACK_OFF_CONDITION)
            .expression_attribute_values(":of", number(set_at.as_millis()))
            .expression_attribute_values(":at", number(at.as_millis()));
        match update.send().await.map_err(store_error) {
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Returns the note of an app's row.
pub(super) fn read_off(reader: &ItemReader<'_>) -> Option<CallbackOff> {
    let (set_at, at) = (reader.optional_time("callback_off_of")?, reader.optional_time("callback_off_at")?);
    Some(CallbackOff { set_at, at })
}

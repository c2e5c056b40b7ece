//! Suspect device tokens in the table `Runtime`, keyed by their hash.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::ReturnValue;

use super::{
    RuntimeTable,
    item::{Item, ItemReader, number, row},
    store_error,
};
use crate::{
    crypto::encoding::sha256_hex,
    domain::{
        binding::{DeviceToken, SUSPECT_RETENTION},
        id::{AppKey, NotifierName},
        time::Timestamp,
    },
    ports::{error::StoreError, suspects::SuspectTokens},
};

#[async_trait]
impl SuspectTokens for RuntimeTable {
    async fn suspect(
        &self,
        app: &AppKey,
        notifier: &NotifierName,
        token: &DeviceToken,
        at: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let updated = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(key(app, notifier, token)))
            .update_expression("SET suspected_at = :at, expires_at = :expires")
            .expression_attribute_values(":at", number(at.as_millis()))
            .expression_attribute_values(":expires", number(at.plus(SUSPECT_RETENTION).as_seconds()))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(store_error)?;
        let before = updated.attributes.unwrap_or_default();
        let reader = ItemReader(&before);
        Ok(reader.optional_time("suspected_at").filter(|_| !reader.has_expired(at)))
    }
}

fn key(app: &AppKey, notifier: &NotifierName, token: &DeviceToken) -> Item {
    row(format!("suspect#{app}#{notifier}#{}", sha256_hex(token.expose().as_bytes())), "suspect")
}

//! Vendor access tokens in the table `Runtime`.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    error::SdkError, operation::update_item::UpdateItemError, types::ReturnValuesOnConditionCheckFailure,
};

use super::{
    RuntimeTable,
    item::{Item, ItemReader, bytes, number, row},
    store_error,
};
use crate::{
    domain::{
        id::{AppKey, NotifierName},
        time::Timestamp,
    },
    ports::{
        access_tokens::{Lease, SealedToken, ShareAccessTokens, TokenOwner},
        error::StoreError,
    },
};

/// Time from the token's end until the TTL deletes its row. A lease taken near the token's end must survive in the row.
const GRACE: Duration = Duration::from_secs(3600);

#[async_trait]
impl ShareAccessTokens for RuntimeTable {
    async fn shared(&self, owner: &TokenOwner, now: Timestamp) -> Result<Option<SealedToken>, StoreError> {
        let found = self
            .0
            .client
            .get_item()
            .table_name(&self.0.name)
            .set_key(Some(key(&owner.app, &owner.notifier)))
            .consistent_read(true)
            .send()
            .await
            .map_err(store_error)?;
        let Some(item) = found.item.filter(|item| item.contains_key("sealed")) else {
            return Ok(None);
        };
        let reader = ItemReader(&item);
        let token = SealedToken { sealed: reader.bytes("sealed")?.to_vec(), expires_at: reader.time("token_until")? };
        Ok((now < token.expires_at).then_some(token))
    }

    async fn lease(&self, owner: &TokenOwner, now: Timestamp, hold: Duration) -> Result<Lease, StoreError> {
        let until = now.plus(hold);
        let update = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(key(&owner.app, &owner.notifier)))
            .update_expression("SET lease_until = :until, expires_at = :expires")
            .condition_expression("attribute_not_exists(lease_until) OR lease_until <= :now")
            .expression_attribute_values(":until", number(until.as_millis()))
            .expression_attribute_values(":now", number(now.as_millis()))
            .expression_attribute_values(":expires", number(until.plus(GRACE).as_seconds()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.send().await {
            Ok(_) => Ok(Lease::Taken),
            Err(SdkError::ServiceError(failure)) => match failure.err() {
                UpdateItemError::ConditionalCheckFailedException(check) => {
                    let held = check.item.as_ref().and_then(|item| ItemReader(item).optional_time("lease_until"));
                    Ok(Lease::Held(held.unwrap_or(until)))
                }
                _ => Err(store_error(SdkError::ServiceError(failure))),
            },
            Err(error) => Err(store_error(error)),
        }
    }

    async fn share(&self, owner: &TokenOwner, token: &SealedToken) -> Result<(), StoreError> {
        let mut item = key(&owner.app, &owner.notifier);
        item.insert("sealed".into(), bytes(&token.sealed));
        item.insert("token_until".into(), number(token.expires_at.as_millis()));
        item.insert("expires_at".into(), number(token.expires_at.plus(GRACE).as_seconds()));
        self.0.client.put_item().table_name(&self.0.name).set_item(Some(item)).send().await.map_err(store_error)?;
        Ok(())
    }

    async fn release(&self, owner: &TokenOwner) -> Result<(), StoreError> {
        let result = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(key(&owner.app, &owner.notifier)))
            .update_expression("REMOVE lease_until")
            // An update creates a missing row, and this one would have no `expires_at`.
            .condition_expression("attribute_exists(pk)")
            .send()
            .await
            .map_err(store_error);
        match result {
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

pub(super) fn key(app: &AppKey, notifier: &NotifierName) -> Item {
    row(format!("access#{app}#{notifier}"), "access")
}

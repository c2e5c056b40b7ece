//! The time that is reserved for pages of an app's tasks, in the table `Runtime`: one row of an app.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemFluentBuilder,
    types::{AttributeValue, ReturnValue},
};

use super::{
    CONFLICT_TRIES, RuntimeTable,
    item::{ItemReader, number, row},
    pause, store_error,
    tasks::{expiry, tasks_pk},
};
use crate::{
    domain::{id::AppKey, time::Timestamp},
    ports::{error::StoreError, tasks::ReservePage},
};

#[async_trait]
impl ReservePage for RuntimeTable {
    async fn reserve_page(&self, app: &AppKey, now: Timestamp, length: Duration) -> Result<Timestamp, StoreError> {
        for attempt in 0..CONFLICT_TRIES {
            let end = number(now.plus(length).as_millis());
            let free = self
                .update_reserved(app, now)
                .update_expression("SET reserved = :end, expires_at = :expiry")
                .condition_expression("attribute_not_exists(reserved) OR reserved <= :now")
                .expression_attribute_values(":end", end);
            if reserved(free).await?.is_some() {
                return Ok(now);
            }
            let length = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
            let behind = self
                .update_reserved(app, now)
                .update_expression("SET reserved = reserved + :length, expires_at = :expiry")
                .condition_expression("reserved > :now")
                .expression_attribute_values(":length", number(length));
            if let Some(end) = reserved(behind).await? {
                return Ok(end.minus(Duration::from_millis(length.unsigned_abs())));
            }
            // The row went in between.
            pause(attempt).await;
        }
        Err(StoreError::Throttled)
    }
}

impl RuntimeTable {
    fn update_reserved(&self, app: &AppKey, now: Timestamp) -> UpdateItemFluentBuilder {
        let update = self.0.client.update_item().table_name(&self.0.name);
        update
            .set_key(Some(row(tasks_pk(app), "rate")))
            .expression_attribute_values(":now", AttributeValue::N(now.as_millis().to_string()))
            .expression_attribute_values(":expiry", expiry(now))
            .return_values(ReturnValue::UpdatedNew)
    }
}

/// Makes an update. Returns the end of the reserved time, or `None` if the condition does not hold.
async fn reserved(update: UpdateItemFluentBuilder) -> Result<Option<Timestamp>, StoreError> {
    match update.send().await.map_err(store_error) {
        Ok(updated) => ItemReader(&updated.attributes.unwrap_or_default()).time("reserved").map(Some),
        Err(StoreError::Conflict) => Ok(None),
        Err(error) => Err(error),
    }
}

//! The erased users, in the table `Runtime`. A row holds no user id: its key is a hash.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

use super::{
    RuntimeTable,
    item::{Item, ItemReader, number, row},
    own::update_check,
    store_error,
};
use crate::{
    crypto::encoding::sha256_hex,
    domain::{
        id::{AppKey, UserId},
        time::Timestamp,
    },
    ports::{
        clock::Clock,
        erasure::{ERASURE_RETENTION, NoteErasure, ReadErasure},
        error::StoreError,
    },
};

/// Attribute with the time of the erasure.
const AT: &str = "erased_at";

/// The erasures, read with a clock, because the TTL deletes expired rows late.
#[derive(Debug, Clone)]
pub struct Erasures<C> {
    table: RuntimeTable,
    clock: C,
}

impl<C> Erasures<C> {
    /// Returns the erasures in this table.
    pub fn new(table: RuntimeTable, clock: C) -> Self {
        Self { table, clock }
    }
}

#[async_trait]
impl<C: Clock> ReadErasure for Erasures<C> {
    async fn erased_at(&self, app: &AppKey, user: &UserId) -> Result<Option<Timestamp>, StoreError> {
        let table = &self.table.0;
        let get = table.client.get_item().table_name(&table.name).set_key(Some(key(app, user))).consistent_read(true);
        let found = get.send().await.map_err(store_error)?;
        let Some(item) = found.item.filter(|item| !ItemReader(item).has_expired(self.clock.now())) else {
            return Ok(None);
        };
        ItemReader(&item).time(AT).map(Some)
    }
}

#[async_trait]
impl<C: Clock> NoteErasure for Erasures<C> {
    async fn note_erasure(&self, app: &AppKey, user: &UserId, at: Timestamp) -> Result<Timestamp, StoreError> {
        let table = &self.table.0;
        let update = table
            .client
            .update_item()
            .table_name(&table.name)
            .set_key(Some(key(app, user)))
            .update_expression("SET erased_at = :at, expires_at = :end")
            .condition_expression("attribute_not_exists(erased_at) OR erased_at <= :at")
            .expression_attribute_values(":at", number(at.as_millis()))
            .expression_attribute_values(":end", number(at.plus(ERASURE_RETENTION).as_seconds()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.send().await {
            Ok(_) => Ok(at),
            Err(error) => match error.as_service_error().and_then(update_check) {
                Some(later) => ItemReader(later).time(AT),
                None => Err(store_error(error)),
            },
        }
    }
}

fn key(app: &AppKey, user: &UserId) -> Item {
    row(format!("gone#{}", sha256_hex(format!("{app}\n{user}").as_bytes())), "gone")
}

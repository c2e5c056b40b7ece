//! The row `head` of a group in the table `Groups`: the number of its messages and the newest of them. A message is
//! counted before it is stored, so every stored message is counted. A message that is counted twice leaves a gap in the
//! numbers.
//!
//! The row expires a day after the last message that it counted, so groups that nobody created leave nothing behind. By
//! then no message's row holds one of its numbers.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::{operation::update_item::builders::UpdateItemFluentBuilder, types::ReturnValue};

use super::{
    CONFLICT_TRIES, GroupsTable,
    item::{Item, ItemReader, group_pk, number, row, text},
    store_error,
};
use crate::{
    domain::{
        group::GroupHead,
        id::{AppKey, GroupId, MessageId},
        message::OFFLINE_RETENTION,
    },
    ports::{error::StoreError, groups::RaiseHead},
};

/// Time from the newest message until the TTL deletes the row.
const HEAD_RETENTION: Duration = OFFLINE_RETENTION.saturating_add(Duration::from_secs(24 * 3600));

#[async_trait]
impl RaiseHead for GroupsTable {
    /// Costs one write while ids come in order, and two for a late one: a write whose condition fails is charged too.
    async fn raise_head(&self, app: &AppKey, group: &GroupId, msg_id: MessageId) -> Result<u64, StoreError> {
        for _ in 0..CONFLICT_TRIES {
            match self.count_newest(app, group, msg_id).await {
                Err(StoreError::Conflict) => {}
                done => return done,
            }
            match self.count_older(app, group, msg_id).await {
                // The head has been deleted.
                Err(StoreError::Conflict) => {}
                done => return done,
            }
        }
        Err(StoreError::Throttled)
    }
}

impl GroupsTable {
    /// Counts a message that is the newest. Fails with [`StoreError::Conflict`] if it is not.
    async fn count_newest(&self, app: &AppKey, group: &GroupId, msg_id: MessageId) -> Result<u64, StoreError> {
        let end = msg_id.accepted_at().plus(HEAD_RETENTION);
        let update = self
            .update_head(app, group, msg_id)
            .update_expression("ADD n :one SET #last = :id, expires_at = :end")
            .condition_expression("attribute_not_exists(#last) OR #last <= :id")
            .expression_attribute_values(":end", number(end.as_seconds()));
        counted(update).await
    }

    /// Counts a message that is older than the newest. Fails with [`StoreError::Conflict`] if there is no newer one.
    async fn count_older(&self, app: &AppKey, group: &GroupId, msg_id: MessageId) -> Result<u64, StoreError> {
        let update = self.update_head(app, group, msg_id).update_expression("ADD n :one");
        counted(update.condition_expression("#last > :id")).await
    }

    fn update_head(&self, app: &AppKey, group: &GroupId, msg_id: MessageId) -> UpdateItemFluentBuilder {
        self.0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(head_key(app, group)))
            .expression_attribute_names("#last", LAST)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":id", text(msg_id.to_string()))
            .return_values(ReturnValue::UpdatedNew)
    }
}

// ---- rows ----

const HEAD: &str = "head";
const LAST: &str = "last";
const NUMBER: &str = "n";

pub(super) fn head_key(app: &AppKey, group: &GroupId) -> Item {
    row(group_pk(app, group), HEAD)
}

pub(super) fn read_head(item: &Item) -> Result<GroupHead, StoreError> {
    Ok(GroupHead { n: read_number(item)?, last: ItemReader(item).parsed(LAST, MessageId::parse)? })
}

fn read_number(item: &Item) -> Result<u64, StoreError> {
    let n = ItemReader(item).optional_number(NUMBER).and_then(|n| n.try_into().ok());
    n.ok_or_else(|| super::item::corrupt(NUMBER))
}

async fn counted(update: UpdateItemFluentBuilder) -> Result<u64, StoreError> {
    let updated = update.send().await.map_err(store_error)?;
    read_number(&updated.attributes.unwrap_or_default())
}

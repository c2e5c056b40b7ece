//! Notifier health in the table `Runtime`.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    RuntimeTable,
    item::{Item, Reader, json, number, row},
    store_error,
};
use crate::{
    domain::{
        doubt::Doubt,
        id::{AppKey, NotifierName},
        push::SemanticClass,
        time::Timestamp,
    },
    ports::{
        apps::{NotifierHealth, ReadHealth, TrackHealth, UsedUpQuota},
        error::StoreError,
    },
};

const DOUBTS: &str = "doubts";
/// How long the health of an unused notifier is remembered.
const RETENTION: Duration = Duration::from_secs(30 * 86_400);

#[async_trait]
impl ReadHealth for RuntimeTable {
    async fn health_of(&self, app: &AppKey, names: &[NotifierName]) -> Result<Vec<NotifierHealth>, StoreError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<Item> = names.iter().map(|name| key(app, name)).collect();
        let found = self.0.items_as(&keys, false).await?;
        found.into_iter().map(|item| read_health(&item.unwrap_or_default())).collect()
    }
}

#[async_trait]
impl TrackHealth for RuntimeTable {
    async fn health(&self, app: &AppKey, name: &NotifierName) -> Result<NotifierHealth, StoreError> {
        let found = self
            .0
            .client
            .get_item()
            .table_name(&self.0.name)
            .set_key(Some(key(app, name)))
            .send()
            .await
            .map_err(store_error)?;
        read_health(&found.item.unwrap_or_default())
    }

    async fn note_health(
        &self,
        app: &AppKey,
        name: &NotifierName,
        success: bool,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let attribute = if success { "last_success" } else { "last_failure" };
        self.note(app, name, attribute, number(at.as_millis()), at).await
    }

    async fn note_quota(
        &self,
        app: &AppKey,
        name: &NotifierName,
        class: SemanticClass,
        quota: &UsedUpQuota,
    ) -> Result<(), StoreError> {
        self.note(app, name, &quota_attribute(class), json(quota)?, quota.until).await
    }

    async fn note_doubts(
        &self,
        app: &AppKey,
        name: &NotifierName,
        doubts: &[Doubt],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.note(app, name, DOUBTS, json(&doubts)?, at).await
    }
}

impl RuntimeTable {
    async fn note(
        &self,
        app: &AppKey,
        name: &NotifierName,
        attribute: &str,
        value: AttributeValue,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(key(app, name)))
            .update_expression(format!("SET {attribute} = :value, expires_at = :expires"))
            .expression_attribute_values(":value", value)
            .expression_attribute_values(":expires", number(at.plus(RETENTION).as_seconds()))
            .send()
            .await
            .map_err(store_error)?;
        Ok(())
    }
}

/// The health that a row tells; a row without attributes tells of none.
fn read_health(item: &Item) -> Result<NotifierHealth, StoreError> {
    let reader = Reader(item);
    Ok(NotifierHealth {
        last_success: reader.optional_time("last_success"),
        last_failure: reader.optional_time("last_failure"),
        quotas: SemanticClass::ALL
            .into_iter()
            .filter(|class| item.contains_key(&quota_attribute(*class)))
            .map(|class| Ok((class, reader.json(&quota_attribute(class))?)))
            .collect::<Result<_, StoreError>>()?,
        doubts: if item.contains_key(DOUBTS) { reader.json(DOUBTS)? } else { Vec::new() },
    })
}

fn quota_attribute(class: SemanticClass) -> String {
    format!("quota_{}", class.name())
}

pub(super) fn key(app: &AppKey, name: &NotifierName) -> Item {
    row(format!("health#{app}#{name}"), "health")
}

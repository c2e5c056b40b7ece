//! Notifier health in the table `Runtime`.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::{operation::update_item::builders::UpdateItemFluentBuilder, types::AttributeValue};

use super::{
    RuntimeTable,
    item::{Item, ItemReader, json, number, row, text},
    store_error,
};
use crate::{
    domain::{
        ambiguous_refusal::AmbiguousRefusal,
        credential_check::FailedChecks,
        id::{AppKey, NotifierName},
        push::SemanticClass,
        time::Timestamp,
    },
    ports::{
        apps::{NotifierHealth, ReadHealth, TrackHealth, UsedUpQuota},
        error::StoreError,
    },
};

const AMBIGUOUS_REFUSALS: &str = "doubts";
const FAILED_CHECKS: &str = "failed_checks";
const FAILED_FINGERPRINT: &str = "failed_fingerprint";
/// Time for which the health of an unused notifier is stored.
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

    async fn note_success(&self, app: &AppKey, name: &NotifierName, at: Timestamp) -> Result<(), StoreError> {
        self.note(app, name, &[("last_success", number(at.as_millis()))], at).await
    }

    async fn note_failure(
        &self,
        app: &AppKey,
        name: &NotifierName,
        fingerprint: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let noted = [("last_failure", number(at.as_millis())), (FAILED_FINGERPRINT, text(fingerprint))];
        self.note(app, name, &noted, at).await
    }

    async fn note_quota(
        &self,
        app: &AppKey,
        name: &NotifierName,
        class: SemanticClass,
        quota: &UsedUpQuota,
    ) -> Result<(), StoreError> {
        self.note(app, name, &[(&quota_attribute(class), json(quota)?)], quota.until).await
    }

    async fn note_ambiguous_refusals(
        &self,
        app: &AppKey,
        name: &NotifierName,
        ambiguous_refusals: &[AmbiguousRefusal],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.note(app, name, &[(AMBIGUOUS_REFUSALS, json(&ambiguous_refusals)?)], at).await
    }

    async fn note_checks(
        &self,
        app: &AppKey,
        name: &NotifierName,
        failed: Option<&FailedChecks>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.note(app, name, &[(FAILED_CHECKS, json(&failed)?)], at).await
    }
}

impl RuntimeTable {
    async fn note(
        &self,
        app: &AppKey,
        name: &NotifierName,
        attributes: &[(&str, AttributeValue)],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let set: String = attributes.iter().map(|(attribute, _)| format!("{attribute} = :{attribute}, ")).collect();
        let update = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(key(app, name)))
            .update_expression(format!("SET {set}expires_at = :expires"))
            .expression_attribute_values(":expires", number(at.plus(RETENTION).as_seconds()));
        let valued = |update: UpdateItemFluentBuilder, (attribute, value): &(&str, AttributeValue)| {
            update.expression_attribute_values(format!(":{attribute}"), value.clone())
        };
        attributes.iter().fold(update, valued).send().await.map_err(store_error)?;
        Ok(())
    }
}

/// Returns the health in a row. A row without attributes means that nothing was noted.
fn read_health(item: &Item) -> Result<NotifierHealth, StoreError> {
    let reader = ItemReader(item);
    Ok(NotifierHealth {
        last_success: reader.optional_time("last_success"),
        last_failure: reader.optional_time("last_failure"),
        failed_fingerprint: reader.optional_text(FAILED_FINGERPRINT).map(str::to_owned),
        quotas: SemanticClass::ALL
            .into_iter()
            .filter(|class| item.contains_key(&quota_attribute(*class)))
            .map(|class| Ok((class, reader.json(&quota_attribute(class))?)))
            .collect::<Result<_, StoreError>>()?,
        ambiguous_refusals: if item.contains_key(AMBIGUOUS_REFUSALS) {
            reader.json(AMBIGUOUS_REFUSALS)?
        } else {
            Vec::new()
        },
        failed_checks: if item.contains_key(FAILED_CHECKS) { reader.json(FAILED_CHECKS)? } else { None },
    })
}

fn quota_attribute(class: SemanticClass) -> String {
    format!("quota_{}", class.name())
}

pub(super) fn key(app: &AppKey, name: &NotifierName) -> Item {
    row(format!("health#{app}#{name}"), "health")
}

//! Deletion of an app. The app's row stays until nothing of the app is left. It holds the name and lists the notifiers
//! that the app had. Earlier versions left such a row for ever.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    RuntimeTable, access_tokens, app_directory,
    apps::{APP, AppsTable, DELETED, TEMPLATE, app_pk},
    health,
    item::{Item, ItemReader, number, row, text},
    store_error,
    writes::deletes,
};
use crate::{
    domain::{
        id::{AppKey, NotifierName, TemplateName},
        time::Timestamp,
    },
    ports::{
        apps::{ForgetNotifier, FreeAppName, ManageApps, Remains},
        error::StoreError,
    },
};

/// Attribute with the time at which the deletion began.
pub(super) const DELETING_SINCE: &str = "deleting_since";
/// Attribute that says that the directory lists every user of the app. A version that lists users created the app, or
/// the backfill ran.
pub(super) const LISTED: &str = "users_listed";
/// Attribute that says that the last sweep of a deleted app is over.
const SWEPT: &str = "swept";
/// Attribute with the names of the notifiers that the app had.
const NOTIFIERS: &str = "had_notifiers";
/// Attributes that the deletion removes from the app's row.
const STRIPPED: &str = "client_id, client_secret_sha256, previous_secret_sha256, previous_secret_until, earlier_secrets, \
                        token_key_id, token_public_key, previous_token_key_id, previous_token_public_key, settings, advanced_era, \
                        support_era";

impl AppsTable {
    /// Returns the row of an app, also of a deleted one.
    pub(super) async fn app_row(&self, key: &AppKey) -> Result<Option<Item>, StoreError> {
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk AND sk = :sk")
            .expression_attribute_values(":pk", text(app_pk(key)))
            .expression_attribute_values(":sk", text(APP))
            .consistent_read(true);
        Ok(query.send().await.map_err(store_error)?.items.unwrap_or_default().into_iter().next())
    }

    /// Reduces the app's row to its name and the time at which the deletion began. Returns that time, or `None` if
    /// there is no such app.
    pub(super) async fn bury(&self, key: &AppKey, at: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let update = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(row(app_pk(key), APP)))
            .update_expression(format!("SET {DELETED} = :yes, {DELETING_SINCE} = :at REMOVE {STRIPPED}"))
            .condition_expression(format!("attribute_exists(pk) AND attribute_not_exists({DELETING_SINCE})"))
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":at", number(at.as_millis()));
        match update.send().await.map_err(store_error) {
            Ok(_) => Ok(Some(at)),
            Err(StoreError::Conflict) => {
                let row = self.app_row(key).await?;
                Ok(row.and_then(|item| ItemReader(&item).optional_time(DELETING_SINCE)))
            }
            Err(error) => Err(error),
        }
    }

    /// Removes the notifiers and templates of an app that is being deleted. Writes the notifiers' names into the app's
    /// row first.
    pub(super) async fn strip(&self, key: &AppKey) -> Result<(), StoreError> {
        let rows = self.rows(key).await?;
        let (mut notifiers, mut templates) = (Vec::new(), Vec::new());
        for item in &rows {
            let reader = ItemReader(item);
            let sk = reader.text("sk")?;
            if sk.starts_with(TEMPLATE) {
                templates.push(reader.parsed("name", TemplateName::parse)?);
            } else if sk != APP {
                notifiers.push(reader.parsed("name", NotifierName::parse)?);
            }
        }
        if !notifiers.is_empty() {
            self.remember(key, &notifiers).await?;
        }
        for name in templates {
            self.delete_template(key, &name).await?;
        }
        for name in notifiers {
            self.delete_notifier(key, &name).await?;
        }
        Ok(())
    }

    async fn remember(&self, key: &AppKey, notifiers: &[NotifierName]) -> Result<(), StoreError> {
        let names = notifiers.iter().map(ToString::to_string).collect();
        let update = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(row(app_pk(key), APP)))
            .update_expression(format!("ADD {NOTIFIERS} :names"))
            .condition_expression(format!("attribute_exists({DELETING_SINCE})"))
            .expression_attribute_values(":names", AttributeValue::Ss(names));
        update.send().await.map(drop).map_err(store_error)
    }
}

#[async_trait]
impl FreeAppName for AppsTable {
    async fn remains(&self, key: &AppKey, at: Timestamp) -> Result<Option<Remains>, StoreError> {
        if self.deleting(key, at).await?.is_none() {
            return Ok(None);
        }
        // An interrupted call may have left notifiers and templates.
        self.strip(key).await?;
        let Some(item) = self.deleting(key, at).await? else {
            return Ok(None);
        };
        let names = item.get(NOTIFIERS).and_then(|names| names.as_ss().ok()).cloned().unwrap_or_default();
        let notifiers = names.iter().filter_map(|name| NotifierName::parse(name).ok()).collect();
        let swept = item.get(SWEPT) == Some(&AttributeValue::Bool(true));
        Ok(Some(Remains { created_at: ItemReader(&item).optional_time("created_at"), notifiers, swept }))
    }

    async fn note_swept(&self, key: &AppKey, at: Timestamp) -> Result<(), StoreError> {
        let update = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(row(app_pk(key), APP)))
            .update_expression(format!("SET {SWEPT} = :yes"))
            .condition_expression(format!("{DELETING_SINCE} = :at"))
            .expression_attribute_values(":at", number(at.as_millis()))
            .expression_attribute_values(":yes", AttributeValue::Bool(true));
        match update.send().await.map_err(store_error) {
            // Another record of the same deletion has freed the name.
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn free_name(&self, key: &AppKey, at: Timestamp) -> Result<bool, StoreError> {
        let delete = deletes(
            self.0
                .delete_of(row(app_pk(key), APP))
                .condition_expression(format!("{DELETING_SINCE} = :at AND {LISTED} = :yes"))
                .expression_attribute_values(":at", number(at.as_millis()))
                .expression_attribute_values(":yes", AttributeValue::Bool(true)),
        )?;
        let writes = vec![delete, app_directory::unlist(&self.0, key)?];
        match self.0.transact(writes).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => self.keep_tombstone(key, at).await,
            Err(error) => Err(error),
        }
    }
}

impl AppsTable {
    /// Returns the row of an app whose deletion began at this time.
    async fn deleting(&self, key: &AppKey, at: Timestamp) -> Result<Option<Item>, StoreError> {
        let row = self.app_row(key).await?;
        Ok(row.filter(|item| ItemReader(item).optional_time(DELETING_SINCE) == Some(at)))
    }

    /// Ends a deletion but keeps the name taken, because the directory may not list all users. An operator deletes the
    /// app again after the backfill. Returns `true` if the app is not being deleted any more.
    async fn keep_tombstone(&self, key: &AppKey, at: Timestamp) -> Result<bool, StoreError> {
        let update = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(row(app_pk(key), APP)))
            .update_expression(format!("REMOVE {DELETING_SINCE}, {SWEPT}"))
            .condition_expression(format!("{DELETING_SINCE} = :at"))
            .expression_attribute_values(":at", number(at.as_millis()));
        match update.send().await.map_err(store_error) {
            Ok(_) => Ok(false),
            Err(StoreError::Conflict) => Ok(true),
            Err(error) => Err(error),
        }
    }
}

#[cfg(feature = "testing")]
#[async_trait]
impl crate::testing::contract::AppsOfBefore for AppsTable {
    async fn set_users_listed(&self, key: &AppKey, listed: bool) {
        let update = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(row(app_pk(key), APP)))
            .update_expression(format!("SET {LISTED} = :listed"))
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":listed", AttributeValue::Bool(listed));
        update.send().await.expect("an app of a test");
    }
}

#[async_trait]
impl ForgetNotifier for RuntimeTable {
    async fn forget_notifier(&self, key: &AppKey, name: &NotifierName) -> Result<(), StoreError> {
        for row in [health::key(key, name), access_tokens::key(key, name)] {
            let delete = self.0.client.delete_item().table_name(&self.0.name).set_key(Some(row));
            delete.send().await.map_err(store_error)?;
        }
        Ok(())
    }
}

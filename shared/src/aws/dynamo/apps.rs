//! The table `Apps`: an app and its notifiers under one partition key, so that one query reads them all. Beside each notifier
//! stands a row by which the secret of its report address finds it; both change in one transaction.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem},
};

use super::{
    CONFLICT_TRIES, Table,
    item::{Item, Reader, bytes, json, number, row, text},
    store_error,
    templates::{self, read_template},
};
use crate::{
    crypto::encoding::sha256_hex,
    domain::{
        app::App,
        id::{AppKey, NotifierName, TemplateName},
        notifier::{Notifier, NotifierState},
        template::Template,
        time::Timestamp,
        vendor::Vendor,
    },
    ports::{
        apps::{AppConfig, DisableNotifier, FindReceiptOwner, ManageApps, ReadApps, ReceiptOwner},
        error::StoreError,
    },
};

/// The table `Apps`.
#[derive(Debug, Clone)]
pub struct AppsTable(Table);

impl AppsTable {
    /// The table of this name.
    pub fn new(client: &Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    async fn rows(&self, key: &AppKey) -> Result<Vec<Item>, StoreError> {
        self.0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(app_pk(key)))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send()
            .collect::<Result<_, _>>()
            .await
            .map_err(store_error)
    }

    /// Leaves only the name of an app; `false` if there is no living app.
    async fn bury(&self, key: &AppKey) -> Result<bool, StoreError> {
        let mut item = row(app_pk(key), APP);
        item.insert(DELETED.into(), AttributeValue::Bool(true));
        let buried = self
            .0
            .client
            .put_item()
            .table_name(&self.0.name)
            .set_item(Some(item))
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(deleted)")
            .send()
            .await
            .map_err(store_error);
        match buried {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn notifier(&self, key: &AppKey, name: &NotifierName) -> Result<Option<Notifier>, StoreError> {
        let sk = notifier_sk(name);
        let rows = self.rows(key).await?;
        let found = rows.iter().find(|item| Reader(item).optional_text("sk") == Some(sk.as_str()));
        found.map(|item| read_notifier(&Reader(item))).transpose()
    }

    /// Removes a notifier with the row that its report address is found by, if it still has this address.
    async fn remove_notifier(&self, key: &AppKey, notifier: &Notifier) -> Result<(), StoreError> {
        let delete = Delete::builder()
            .table_name(&self.0.name)
            .set_key(Some(row(app_pk(key), notifier_sk(&notifier.name))))
            .condition_expression("receipt_secret = :secret")
            .expression_attribute_values(":secret", text(&notifier.receipt_secret))
            .build()
            .map_err(StoreError::unavailable)?;
        let writes =
            vec![TransactWriteItem::builder().delete(delete).build(), self.delete_owner(&notifier.receipt_secret)?];
        self.0.transact(writes).await
    }

    fn put_owner(&self, key: &AppKey, notifier: &Notifier) -> Result<TransactWriteItem, StoreError> {
        let mut item = owner_key(&notifier.receipt_secret);
        item.insert("app".into(), text(key.to_string()));
        item.insert("notifier".into(), text(notifier.name.as_str()));
        let put =
            Put::builder().table_name(&self.0.name).set_item(Some(item)).build().map_err(StoreError::unavailable)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn delete_owner(&self, secret: &str) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.0.name)
            .set_key(Some(owner_key(secret)))
            .build()
            .map_err(StoreError::unavailable)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}

#[async_trait]
impl ReadApps for AppsTable {
    async fn app(&self, key: &AppKey) -> Result<Option<AppConfig>, StoreError> {
        let mut app = None;
        let (mut notifiers, mut templates) = (HashMap::new(), HashMap::new());
        for item in self.rows(key).await? {
            let reader = Reader(&item);
            let sk = reader.text("sk")?;
            if sk == APP {
                app = if item.contains_key(DELETED) { None } else { Some(read_app(key, &reader)?) };
            } else if sk.starts_with(TEMPLATE) {
                let template = read_template(&reader)?;
                templates.insert(template.name.clone(), template);
            } else {
                let notifier = read_notifier(&reader)?;
                notifiers.insert(notifier.name.clone(), notifier);
            }
        }
        Ok(app.map(|app| AppConfig { app, notifiers, templates }))
    }
}

#[async_trait]
impl ManageApps for AppsTable {
    async fn create_app(&self, app: &App) -> Result<(), StoreError> {
        self.0
            .client
            .put_item()
            .table_name(&self.0.name)
            .set_item(Some(app_row(app)?))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await
            .map_err(store_error)?;
        Ok(())
    }

    async fn change_settings(&self, app: &App, seen: &App) -> Result<(), StoreError> {
        self.0
            .client
            .put_item()
            .table_name(&self.0.name)
            .set_item(Some(app_row(app)?))
            .condition_expression("settings = :seen AND advanced_era = :era AND attribute_not_exists(deleted)")
            .expression_attribute_values(":seen", json(&seen.settings)?)
            .expression_attribute_values(":era", number(seen.advanced_era.into()))
            .send()
            .await
            .map_err(store_error)?;
        Ok(())
    }

    async fn create_template(&self, key: &AppKey, template: &Template) -> Result<(), StoreError> {
        templates::put(&self.0, key, template, Some("attribute_not_exists(pk)")).await
    }

    async fn put_template(&self, key: &AppKey, template: &Template) -> Result<(), StoreError> {
        templates::put(&self.0, key, template, None).await
    }

    async fn delete_template(&self, key: &AppKey, name: &TemplateName) -> Result<bool, StoreError> {
        templates::delete(&self.0, key, name).await
    }

    async fn delete_app(&self, key: &AppKey) -> Result<bool, StoreError> {
        // The app goes first: from then on none of its tokens is accepted and nothing can be added.
        let existed = self.bury(key).await?;
        for item in self.rows(key).await? {
            let reader = Reader(&item);
            let sk = reader.text("sk")?;
            if sk.starts_with(TEMPLATE) {
                self.delete_template(key, &reader.parsed("name", TemplateName::parse)?).await?;
            } else if sk != APP {
                self.delete_notifier(key, &reader.parsed("name", NotifierName::parse)?).await?;
            }
        }
        Ok(existed)
    }

    async fn create_notifier(&self, key: &AppKey, notifier: &Notifier) -> Result<(), StoreError> {
        let app_exists = ConditionCheck::builder()
            .table_name(&self.0.name)
            .set_key(Some(row(app_pk(key), APP)))
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(deleted)")
            .build()
            .map_err(StoreError::unavailable)?;
        let put = Put::builder()
            .table_name(&self.0.name)
            .set_item(Some(notifier_row(key, notifier)?))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(StoreError::unavailable)?;
        let writes = vec![
            TransactWriteItem::builder().condition_check(app_exists).build(),
            TransactWriteItem::builder().put(put).build(),
            self.put_owner(key, notifier)?,
        ];
        self.0.transact(writes).await
    }

    async fn update_notifier(&self, key: &AppKey, notifier: &Notifier, seen: Timestamp) -> Result<(), StoreError> {
        let stored = self.notifier(key, &notifier.name).await?;
        let stored = stored.filter(|stored| stored.updated_at == seen).ok_or(StoreError::Conflict)?;
        let put = Put::builder()
            .table_name(&self.0.name)
            .set_item(Some(notifier_row(key, notifier)?))
            .condition_expression("updated_at = :seen")
            .expression_attribute_values(":seen", number(seen.as_millis()))
            .build()
            .map_err(StoreError::unavailable)?;
        let mut writes = vec![TransactWriteItem::builder().put(put).build()];
        if stored.receipt_secret != notifier.receipt_secret {
            writes.push(self.put_owner(key, notifier)?);
            writes.push(self.delete_owner(&stored.receipt_secret)?);
        }
        self.0.transact(writes).await
    }

    async fn delete_notifier(&self, key: &AppKey, name: &NotifierName) -> Result<bool, StoreError> {
        for _ in 0..CONFLICT_TRIES {
            let Some(notifier) = self.notifier(key, name).await? else {
                return Ok(false);
            };
            match self.remove_notifier(key, &notifier).await {
                Ok(()) => return Ok(true),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict)
    }
}

#[async_trait]
impl FindReceiptOwner for AppsTable {
    async fn receipt_owner(&self, secret: &str) -> Result<Option<ReceiptOwner>, StoreError> {
        let found = self
            .0
            .client
            .get_item()
            .table_name(&self.0.name)
            .set_key(Some(owner_key(secret)))
            .consistent_read(true)
            .send()
            .await
            .map_err(store_error)?;
        let read = |item: Item| {
            let reader = Reader(&item);
            Ok(ReceiptOwner {
                app: reader.parsed("app", AppKey::parse)?,
                notifier: reader.parsed("notifier", NotifierName::parse)?,
            })
        };
        found.item.map(read).transpose()
    }
}

#[async_trait]
impl DisableNotifier for AppsTable {
    async fn disable_notifier(
        &self,
        key: &AppKey,
        name: &NotifierName,
        fingerprint: &str,
        reason: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let result = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(row(app_pk(key), notifier_sk(name))))
            .update_expression("SET #state = :disabled, state_reason = :reason, state_since = :at, updated_at = :at")
            .condition_expression("fingerprint = :fingerprint AND #state = :enabled")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":disabled", text(DISABLED))
            .expression_attribute_values(":enabled", text(ENABLED))
            .expression_attribute_values(":fingerprint", text(fingerprint))
            .expression_attribute_values(":reason", text(reason))
            .expression_attribute_values(":at", number(at.as_millis()))
            .send()
            .await
            .map_err(store_error);
        match result {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

// ---- rows ----

pub(super) const APP: &str = "app";
const DELETED: &str = "deleted";
/// Sort keys of templates begin with this.
pub(super) const TEMPLATE: &str = "template#";
const ENABLED: &str = "enabled";
const DISABLED: &str = "disabled";

pub(super) fn app_pk(key: &AppKey) -> String {
    format!("app#{key}")
}

fn notifier_sk(name: &NotifierName) -> String {
    format!("notifier#{name}")
}

/// The secret itself is no key, so that keys in logs and metrics open nothing.
fn owner_key(secret: &str) -> Item {
    row(format!("receipt#{}", sha256_hex(secret.as_bytes())), "receipt")
}

fn app_row(app: &App) -> Result<Item, StoreError> {
    let mut item = row(app_pk(&app.key), APP);
    item.insert("client_id".into(), text(&app.client_id));
    item.insert("client_secret_sha256".into(), text(&app.client_secret_sha256));
    item.insert("token_key_id".into(), text(&app.token_key_id));
    item.insert("token_public_key".into(), text(&app.token_public_key));
    item.insert("settings".into(), json(&app.settings)?);
    item.insert("advanced_era".into(), number(app.advanced_era.into()));
    item.insert("created_at".into(), number(app.created_at.as_millis()));
    Ok(item)
}

fn read_app(key: &AppKey, reader: &Reader<'_>) -> Result<App, StoreError> {
    Ok(App {
        key: key.clone(),
        client_id: reader.text("client_id")?.to_owned(),
        client_secret_sha256: reader.text("client_secret_sha256")?.to_owned(),
        token_key_id: reader.text("token_key_id")?.to_owned(),
        token_public_key: reader.text("token_public_key")?.to_owned(),
        settings: reader.json("settings")?,
        advanced_era: reader.count("advanced_era")?,
        created_at: reader.time("created_at")?,
    })
}

fn notifier_row(key: &AppKey, notifier: &Notifier) -> Result<Item, StoreError> {
    let state = match notifier.state {
        NotifierState::Enabled => ENABLED,
        NotifierState::Disabled => DISABLED,
    };
    let mut item = row(app_pk(key), notifier_sk(&notifier.name));
    item.insert("name".into(), text(notifier.name.as_str()));
    item.insert("vendor".into(), text(notifier.vendor.name()));
    item.insert("state".into(), text(state));
    if let Some(reason) = &notifier.state_reason {
        item.insert("state_reason".into(), text(reason));
    }
    item.insert("state_since".into(), number(notifier.state_since.as_millis()));
    item.insert("options".into(), json(&notifier.options)?);
    item.insert("credential".into(), bytes(&notifier.credential));
    item.insert("fingerprint".into(), text(&notifier.fingerprint));
    item.insert("receipt_secret".into(), text(&notifier.receipt_secret));
    if let Some(sealed) = &notifier.receipt_credential {
        item.insert("receipt_credential".into(), bytes(sealed));
    }
    item.insert("created_at".into(), number(notifier.created_at.as_millis()));
    item.insert("updated_at".into(), number(notifier.updated_at.as_millis()));
    Ok(item)
}

fn read_notifier(reader: &Reader<'_>) -> Result<Notifier, StoreError> {
    Ok(Notifier {
        name: reader.parsed("name", NotifierName::parse)?,
        vendor: reader.parsed("vendor", Vendor::parse)?,
        state: reader.parsed("state", NotifierState::parse)?,
        state_reason: reader.optional_text("state_reason").map(str::to_owned),
        state_since: reader.time("state_since")?,
        options: reader.json("options")?,
        credential: reader.bytes("credential")?.to_vec(),
        fingerprint: reader.text("fingerprint")?.to_owned(),
        receipt_secret: reader.text("receipt_secret")?.to_owned(),
        receipt_credential: match reader.0.get("receipt_credential") {
            Some(_) => Some(reader.bytes("receipt_credential")?.to_vec()),
            None => None,
        },
        created_at: reader.time("created_at")?,
        updated_at: reader.time("updated_at")?,
    })
}

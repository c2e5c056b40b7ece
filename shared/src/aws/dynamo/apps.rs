//! The table `Apps`: an app, its notifiers and its templates under one partition key, so that one query reads them all.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, ConditionCheck},
};

use super::{
    Table,
    item::{Item, Reader, json, number, row, text},
    notifiers::{self, read_notifier},
    store_error,
    templates::{self, read_template},
};
use crate::{
    domain::{
        app::App,
        id::{AppKey, NotifierName, TemplateName},
        notifier::Notifier,
        template::Template,
    },
    ports::{
        apps::{AppConfig, ManageApps, ReadApps},
        error::StoreError,
    },
};

/// The table `Apps`.
#[derive(Debug, Clone)]
pub struct AppsTable(pub(super) Table);

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
        notifiers::create(&self.0, key, notifier).await
    }

    async fn update_notifier(&self, key: &AppKey, notifier: &Notifier, seen: &Notifier) -> Result<(), StoreError> {
        notifiers::update(&self.0, key, notifier, seen).await
    }

    async fn delete_notifier(&self, key: &AppKey, name: &NotifierName) -> Result<bool, StoreError> {
        notifiers::delete(&self.0, key, name).await
    }
}

// ---- rows ----

pub(super) const APP: &str = "app";
const DELETED: &str = "deleted";
/// Sort keys of templates begin with this.
pub(super) const TEMPLATE: &str = "template#";

pub(super) fn app_pk(key: &AppKey) -> String {
    format!("app#{key}")
}

/// That the app is there while the transaction is written.
pub(super) fn app_exists(table: &Table, key: &AppKey) -> Result<ConditionCheck, StoreError> {
    ConditionCheck::builder()
        .table_name(&table.name)
        .set_key(Some(row(app_pk(key), APP)))
        .condition_expression("attribute_exists(pk) AND attribute_not_exists(deleted)")
        .build()
        .map_err(StoreError::unavailable)
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

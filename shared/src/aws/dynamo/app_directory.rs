//! The directory of apps: rows of the table `Apps` in one partition, so that they are read by name, page by page. A row comes and goes
//! in one transaction with the app's own. Versions before wrote none: `make backfill` lists their apps.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};

use super::{
    AppsTable, Table,
    app_deletion::DELETING_SINCE,
    apps::{APP, DELETED, app_pk},
    item::{Item, Reader, number, row, text},
    notifiers::{AFTER_NOTIFIERS, SUMMARY, read_summary},
    store_error,
};
use crate::{
    domain::{app::App, id::AppKey},
    ports::{
        app_directory::{AppSummary, ListApps, ListedApp},
        error::StoreError,
    },
};

/// The partition. An app is created or deleted by an operator, so it takes few writes.
const DIRECTORY: &str = "apps";

#[async_trait]
impl ListApps for AppsTable {
    async fn listed_apps(&self, after: Option<&AppKey>, most: usize) -> Result<Vec<ListedApp>, StoreError> {
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(DIRECTORY))
            .set_exclusive_start_key(after.map(entry_key))
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .consistent_read(true);
        // A page of 1 MB holds more rows than anybody asks for.
        let found = query.send().await.map_err(store_error)?;
        found.items().iter().map(read_listed).collect()
    }

    async fn app_summary(&self, key: &AppKey) -> Result<Option<AppSummary>, StoreError> {
        let (mut app, mut notifiers) = (None, Vec::new());
        for item in self.rows_before_templates(key).await? {
            if Reader(&item).text("sk")? == APP {
                app = Some(item);
            } else {
                notifiers.push(item);
            }
        }
        match app {
            None => Ok(None),
            Some(app) if app.contains_key(DELETING_SINCE) => Ok(Some(AppSummary::Deleting)),
            Some(app) if app.contains_key(DELETED) => Ok(None),
            Some(_) => {
                let read = |item: &Item| read_summary(&Reader(item));
                notifiers.iter().map(read).collect::<Result<_, _>>().map(AppSummary::Active).map(Some)
            }
        }
    }
}

impl AppsTable {
    /// The row of an app and those of its notifiers, without credentials. Templates sort behind them, and are not read.
    async fn rows_before_templates(&self, key: &AppKey) -> Result<Vec<Item>, StoreError> {
        let names = ["sk", DELETED, DELETING_SINCE].into_iter().chain(SUMMARY);
        let (marks, names): (Vec<String>, Vec<&str>) =
            names.enumerate().map(|(place, name)| (format!("#a{place}"), name)).unzip();
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk AND sk BETWEEN :app AND :after")
            .expression_attribute_values(":pk", text(app_pk(key)))
            .expression_attribute_values(":app", text(APP))
            .expression_attribute_values(":after", text(AFTER_NOTIFIERS))
            .projection_expression(marks.join(", "))
            .set_expression_attribute_names(Some(marks.into_iter().zip(names.into_iter().map(str::to_owned)).collect()))
            .consistent_read(true);
        query.into_paginator().items().send().collect::<Result<_, _>>().await.map_err(store_error)
    }
}

/// The write that lists an app, beside its own row. A version before may have left such a row of a former app.
pub(super) fn list(table: &Table, app: &App) -> Result<TransactWriteItem, StoreError> {
    let mut item = entry_key(&app.key);
    item.insert("created_at".into(), number(app.created_at.as_millis()));
    let put = Put::builder().table_name(&table.name).set_item(Some(item)).build().map_err(StoreError::unavailable)?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// The write that takes an app out of the directory, beside the removal of its own row.
pub(super) fn unlist(table: &Table, key: &AppKey) -> Result<TransactWriteItem, StoreError> {
    let delete = Delete::builder()
        .table_name(&table.name)
        .set_key(Some(entry_key(key)))
        .build()
        .map_err(StoreError::unavailable)?;
    Ok(TransactWriteItem::builder().delete(delete).build())
}

/// A `#` sorts before all that names may have, so that the apps of an org stand together.
fn entry_key(key: &AppKey) -> Item {
    row(DIRECTORY, key.as_str())
}

fn read_listed(item: &Item) -> Result<ListedApp, StoreError> {
    let reader = Reader(item);
    Ok(ListedApp { key: reader.parsed("sk", AppKey::parse)?, created_at: reader.time("created_at")? })
}

//! The directory of apps: one partition of the table `Apps`, which is read by name, page by page. An app's entry and
//! its own row are written and removed in one transaction. Earlier versions wrote no entries; `make backfill` adds
//! them.

use async_trait::async_trait;
use aws_sdk_dynamodb::{operation::query::QueryOutput, types::TransactWriteItem};

use super::{
    AppsTable, Table, all_rows,
    app_deletion::DELETING_SINCE,
    apps::{APP, DELETED, app_pk},
    item::{Item, ItemReader, number, row, text},
    notifiers::{AFTER_NOTIFIERS, SUMMARY, read_summary},
    store_error,
    writes::{deletes, puts},
};
use crate::{
    domain::{app::App, id::AppKey},
    ports::{
        app_directory::{AppSummary, ListApps, ListedApp},
        error::StoreError,
    },
};

/// Partition key of the directory. One partition is enough: only operators create and delete apps.
const DIRECTORY: &str = "apps";

#[async_trait]
impl ListApps for AppsTable {
    async fn listed_apps(&self, after: Option<&AppKey>, most: usize) -> Result<Vec<ListedApp>, StoreError> {
        let (mut listed, mut start) = (Vec::with_capacity(most), after.map(entry_key));
        loop {
            let found = self.directory_page(start, most - listed.len()).await?;
            listed.extend(found.items().iter().filter_map(listed_or_said));
            start = found.last_evaluated_key;
            // A page of 1 MB holds more entries than a caller asks for. A second page only replaces entries that cannot
            // be read.
            if start.is_none() || listed.len() >= most {
                return Ok(listed);
            }
        }
    }

    async fn app_summary(&self, key: &AppKey) -> Result<Option<AppSummary>, StoreError> {
        let (mut app, mut notifiers) = (None, Vec::new());
        for item in self.rows_before_templates(key).await? {
            if ItemReader(&item).text("sk")? == APP {
                app = Some(item);
            } else {
                notifiers.push(item);
            }
        }
        match app {
            None => Ok(None),
            Some(app) if app.contains_key(DELETING_SINCE) => Ok(Some(AppSummary::Deleting)),
            Some(app) if app.contains_key(DELETED) => Ok(Some(AppSummary::Held)),
            Some(app) => {
                let read = |item: &Item| read_summary(&ItemReader(item));
                let notifiers = notifiers.iter().map(read).collect::<Result<_, _>>()?;
                Ok(Some(AppSummary::Active { created_at: ItemReader(&app).time("created_at")?, notifiers }))
            }
        }
    }
}

impl AppsTable {
    async fn directory_page(&self, start: Option<Item>, most: usize) -> Result<QueryOutput, StoreError> {
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(DIRECTORY))
            .set_exclusive_start_key(start)
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .consistent_read(true);
        query.send().await.map_err(store_error)
    }

    /// Reads the row of an app and those of its notifiers, without credentials. Templates sort after them and are not
    /// read.
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
        all_rows(query).await
    }
}

/// Returns the write that lists an app. It overwrites an entry that an earlier version left of a former app with this
/// name.
pub(super) fn list(table: &Table, app: &App) -> Result<TransactWriteItem, StoreError> {
    let mut item = entry_key(&app.key);
    item.insert("created_at".into(), number(app.created_at.as_millis()));
    puts(table.put_of(item))
}

/// Returns the write that removes an app from the directory.
pub(super) fn unlist(table: &Table, key: &AppKey) -> Result<TransactWriteItem, StoreError> {
    deletes(table.delete_of(entry_key(key)))
}

/// Returns the key of an entry. `#` sorts before every character of a name, so the apps of an org are adjacent.
fn entry_key(key: &AppKey) -> Item {
    row(DIRECTORY, key.as_str())
}

/// Returns the app of an entry. Logs an entry that cannot be read and returns `None`, so the other entries are still
/// listed.
fn listed_or_said(item: &Item) -> Option<ListedApp> {
    let said = |error: &StoreError| {
        let app = ItemReader(item).optional_text("sk").unwrap_or_default();
        tracing::error!(app, error = error.chain(), "an entry of the directory of apps cannot be read");
    };
    read_listed(item).inspect_err(said).ok()
}

fn read_listed(item: &Item) -> Result<ListedApp, StoreError> {
    let reader = ItemReader(item);
    Ok(ListedApp { key: reader.parsed("sk", AppKey::parse)?, created_at: reader.time("created_at")? })
}

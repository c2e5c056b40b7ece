//! What brings tables of versions without a directory up to this one: a pass over a table, a page at a time. A pass may be repeated,
//! and cut off: what is listed already stays as it is.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem};

use super::{
    AppsTable, GroupsTable, Table, UsersTable,
    app_deletion::LISTED,
    apps::{APP, app_pk},
    group_directory::listed,
    groups::META,
    item::{Item, Reader, corrupt, group_pk, row, text},
    store_error,
};
use crate::{
    domain::id::{AppKey, GroupId, UserId},
    ports::{directory::ListUser, error::StoreError},
};

/// What a page of a pass did, and where the next one begins.
#[derive(Debug)]
pub struct Backfilled {
    /// how many were listed
    pub listed: usize,
    /// where the next page begins; `None` after the last
    pub next: Option<Item>,
}

impl UsersTable {
    /// Lists the users of whom a page of the table knows something.
    pub async fn list_known_users(&self, from: Option<Item>) -> Result<Backfilled, StoreError> {
        let (rows, next) = scan(&self.0, "user#", from).await?;
        let users: BTreeSet<(AppKey, UserId)> = rows.iter().map(user_of).collect::<Result<_, _>>()?;
        let mut listed = 0;
        for (app, user) in users {
            listed += usize::from(self.list_user(&app, &user).await?);
        }
        Ok(Backfilled { listed, next })
    }
}

impl GroupsTable {
    /// Lists the groups of a page of the table.
    pub async fn list_known_groups(&self, from: Option<Item>) -> Result<Backfilled, StoreError> {
        let (rows, next) = scan(&self.0, "group#", from).await?;
        let mut count = 0;
        for item in rows.iter().filter(|item| Reader(item).optional_text("sk") == Some(META)) {
            self.list_group(item).await?;
            count += 1;
        }
        Ok(Backfilled { listed: count, next })
    }

    /// Lists a group while it is there.
    async fn list_group(&self, meta: &Item) -> Result<(), StoreError> {
        let reader = Reader(meta);
        let (app, group) = named(reader.text("pk")?, "group#", |name| GroupId::parse(name).ok())?;
        let put = Put::builder()
            .table_name(&self.0.name)
            .set_item(Some(listed(&app, reader.time("created_at")?, &group)))
            .build()
            .map_err(StoreError::unavailable)?;
        let exists = ConditionCheck::builder()
            .table_name(&self.0.name)
            .set_key(Some(row(group_pk(&app, &group), META)))
            .condition_expression("attribute_exists(pk)")
            .build()
            .map_err(StoreError::unavailable)?;
        let writes = vec![
            TransactWriteItem::builder().put(put).build(),
            TransactWriteItem::builder().condition_check(exists).build(),
        ];
        match self.0.transact(writes).await {
            // It was removed meanwhile.
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl AppsTable {
    /// Notes of the apps of a page that the directory tells of all their users: only after the passes over users and groups, and only
    /// while no function of a version without the directory runs.
    pub async fn mark_listed_apps(&self, from: Option<Item>) -> Result<Backfilled, StoreError> {
        let (rows, next) = scan(&self.0, "app#", from).await?;
        let mut count = 0;
        for item in rows.iter().filter(|item| Reader(item).optional_text("sk") == Some(APP)) {
            let key = Reader(item).parsed("pk", |pk| AppKey::parse(pk.strip_prefix("app#").unwrap_or_default()))?;
            let update = self.0.client.update_item().table_name(&self.0.name).set_key(Some(row(app_pk(&key), APP)));
            let update = update
                .update_expression(format!("SET {LISTED} = :yes"))
                .condition_expression("attribute_exists(pk)")
                .expression_attribute_values(":yes", AttributeValue::Bool(true));
            match update.send().await.map_err(store_error) {
                Ok(_) => count += 1,
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Backfilled { listed: count, next })
    }
}

/// The rows of a page whose partition keys begin with `prefix`, and where the next page begins.
async fn scan(table: &Table, prefix: &str, from: Option<Item>) -> Result<(Vec<Item>, Option<Item>), StoreError> {
    let scan = table.client.scan().table_name(&table.name).set_exclusive_start_key(from);
    let scan = scan
        .filter_expression("begins_with(pk, :prefix)")
        .projection_expression("pk, sk, created_at")
        .expression_attribute_values(":prefix", text(prefix))
        .consistent_read(true);
    let found = scan.send().await.map_err(store_error)?;
    Ok((found.items.unwrap_or_default(), found.last_evaluated_key))
}

fn user_of(item: &Item) -> Result<(AppKey, UserId), StoreError> {
    named(Reader(item).text("pk")?, "user#", |name| UserId::parse(name).ok())
}

/// The app and what is named in a partition key `<prefix><org>#<app>#<name>`.
fn named<T>(pk: &str, prefix: &str, parse: impl Fn(&str) -> Option<T>) -> Result<(AppKey, T), StoreError> {
    let parts = pk.strip_prefix(prefix).and_then(|rest| rest.rsplit_once('#'));
    let parsed = parts.and_then(|(app, name)| Some((AppKey::parse(app).ok()?, parse(name)?)));
    parsed.ok_or_else(|| corrupt("pk"))
}

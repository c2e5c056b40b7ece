//! The table `Apps`: an app, its notifiers and its templates share a partition key, so one query reads them all.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem},
};

use super::{
    Table, all_rows,
    app_connections::HAS_CONNECTIONS,
    app_deletion::{DELETING_SINCE, LISTED},
    app_directory,
    callback_switch::read_off,
    item::{Item, ItemReader, VERSION, json, number, row, text, version_is},
    notifiers::{self, read_notifier},
    own::{unless_own, update_check},
    templates::{self, read_template},
    writes::checks,
};
use crate::{
    domain::{
        app::{App, PreviousSecret, TokenKey},
        id::{AppKey, NotifierName, TemplateName},
        notifier::Notifier,
        template::Template,
        time::Timestamp,
    },
    ports::{
        apps::{AppConfig, HeldName, ManageApps, ReadApps},
        error::StoreError,
    },
};

/// The table `Apps`.
#[derive(Debug, Clone)]
pub struct AppsTable(pub(super) Table);

impl AppsTable {
    /// Returns the table with this name.
    pub fn new(client: &Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    pub(super) async fn rows(&self, key: &AppKey) -> Result<Vec<Item>, StoreError> {
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(app_pk(key)))
            .consistent_read(true);
        all_rows(query).await
    }
}

#[async_trait]
impl ReadApps for AppsTable {
    async fn app(&self, key: &AppKey) -> Result<Option<AppConfig>, StoreError> {
        let mut app = None;
        let (mut notifiers, mut templates) = (HashMap::new(), HashMap::new());
        for item in self.rows(key).await? {
            let reader = ItemReader(&item);
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
        let item = app_row(app)?;
        let put = self.0.put_new(item.clone())?;
        let writes = vec![put, app_directory::list(&self.0, app)?];
        // A row with the same client credentials is this call's own: two apps never get the same ones by chance.
        let own = |found: Item| {
            ["client_id", "client_secret_sha256"].into_iter().all(|name| found.get(name) == item.get(name))
        };
        match self.0.transact(writes).await {
            Err(StoreError::Conflict) if self.app_row(&app.key).await?.is_some_and(own) => Ok(()),
            done => done,
        }
    }

    async fn app_alone(&self, key: &AppKey) -> Result<Option<App>, StoreError> {
        let living = self.app_row(key).await?.filter(|item| !item.contains_key(DELETED));
        living.map(|item| read_app(key, &ItemReader(&item))).transpose()
    }

    async fn change_app(&self, app: &App) -> Result<(), StoreError> {
        let changed = changing(app)?;
        let removed: Vec<&str> = OPTIONAL.into_iter().filter(|name| !changed.contains_key(*name)).collect();
        let set: Vec<String> = changed.keys().map(|name| format!("{name} = :{name}")).collect();
        let mut expression = format!("SET {}, #version = :next", set.join(", "));
        if !removed.is_empty() {
            expression.push_str(&format!(" REMOVE {}", removed.join(", ")));
        }
        let values = changed.iter().map(|(name, value)| (format!(":{name}"), value.clone()));
        let next = number(i64::from(app.version) + 1);
        let update = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(row(app_pk(&app.key), APP)))
            .update_expression(expression)
            .condition_expression(format!(
                "attribute_exists(pk) AND attribute_not_exists(deleted) AND {}",
                version_is(app.version)
            ))
            .expression_attribute_names("#version", VERSION)
            .set_expression_attribute_values(Some(values.collect()))
            .expression_attribute_values(":next", next.clone())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let update = match app.version {
            0 => update,
            seen => update.expression_attribute_values(":seen", number(seen.into())),
        };
        let done = update.send().await.map(drop);
        unless_own(done, update_check, |found| {
            let kept = changed.iter().all(|(name, value)| found.get(name) == Some(value));
            kept && found.get(VERSION) == Some(&next) && !removed.iter().any(|name| found.contains_key(*name))
        })
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

    async fn delete_app(&self, key: &AppKey, at: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        // The app's row changes first. From then on its tokens are refused and nothing can be added.
        let Some(since) = self.bury(key, at).await? else {
            return Ok(None);
        };
        self.strip(key).await?;
        Ok(Some(since))
    }

    async fn held_name(&self, key: &AppKey) -> Result<Option<HeldName>, StoreError> {
        let buried = self.app_row(key).await?.filter(|item| item.contains_key(DELETED));
        Ok(buried
            .map(|item| ItemReader(&item).optional_time(DELETING_SINCE).map_or(HeldName::Buried, HeldName::Deleting)))
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
pub(super) const DELETED: &str = "deleted";
/// Prefix of the sort keys of templates.
pub(super) const TEMPLATE: &str = "template#";

pub(super) fn app_pk(key: &AppKey) -> String {
    format!("app#{key}")
}

/// Returns the check that the app exists and is not deleted.
pub(super) fn app_exists(table: &Table, key: &AppKey) -> Result<TransactWriteItem, StoreError> {
    let check = table.check_of(row(app_pk(key), APP));
    checks(check.condition_expression("attribute_exists(pk) AND attribute_not_exists(deleted)"))
}

/// Attribute that counts how often all support tokens of the app were revoked. Earlier versions wrote none.
const SUPPORT_ERA: &str = "support_era";
/// Attributes that an app may lack.
const OPTIONAL: [&str; 5] = [
    "previous_secret_sha256",
    "previous_secret_until",
    "earlier_secrets",
    "previous_token_key_id",
    "previous_token_public_key",
];

/// Returns the row of a new app.
fn app_row(app: &App) -> Result<Item, StoreError> {
    let mut item = row(app_pk(&app.key), APP);
    item.insert("client_id".into(), text(&app.client_id));
    item.insert("created_at".into(), number(app.created_at.as_millis()));
    // This version lists every user of an app that it creates.
    item.insert(LISTED.into(), AttributeValue::Bool(true));
    if app.has_connections {
        item.insert(HAS_CONNECTIONS.into(), AttributeValue::Bool(true));
    }
    item.extend(changing(app)?);
    Ok(item)
}

/// Returns the attributes that [`ManageApps::change_app`] replaces.
fn changing(app: &App) -> Result<Item, StoreError> {
    let mut item = Item::from([
        ("client_secret_sha256".into(), text(&app.client_secret_sha256)),
        ("token_key_id".into(), text(&app.token_key.id)),
        ("token_public_key".into(), text(&app.token_key.public_key)),
        ("settings".into(), json(&app.settings)?),
        ("advanced_era".into(), number(app.advanced_era.into())),
        (SUPPORT_ERA.into(), number(app.support_era.into())),
    ]);
    if let [previous, earlier @ ..] = &*app.previous_secrets {
        item.insert("previous_secret_sha256".into(), text(&previous.sha256));
        item.insert("previous_secret_until".into(), number(previous.valid_until.as_millis()));
        if !earlier.is_empty() {
            item.insert("earlier_secrets".into(), json(&earlier)?);
        }
    }
    if let Some(previous) = &app.previous_token_key {
        item.insert("previous_token_key_id".into(), text(&previous.id));
        item.insert("previous_token_public_key".into(), text(&previous.public_key));
    }
    Ok(item)
}

fn read_app(key: &AppKey, reader: &ItemReader<'_>) -> Result<App, StoreError> {
    let mut previous_secrets = Vec::new();
    if let Some(sha256) = reader.optional_text("previous_secret_sha256") {
        let valid_until = reader.time("previous_secret_until")?;
        previous_secrets.push(PreviousSecret { sha256: sha256.to_owned(), valid_until });
        // An earlier version revokes all secrets by removing the previous secret, and leaves `earlier_secrets`.
        if reader.optional_text("earlier_secrets").is_some() {
            previous_secrets.extend(reader.json::<Vec<PreviousSecret>>("earlier_secrets")?);
        }
    }
    let previous_token_key = match reader.optional_text("previous_token_key_id") {
        Some(id) => {
            Some(TokenKey { id: id.to_owned(), public_key: reader.text("previous_token_public_key")?.to_owned() })
        }
        None => None,
    };
    Ok(App {
        key: key.clone(),
        client_id: reader.text("client_id")?.to_owned(),
        client_secret_sha256: reader.text("client_secret_sha256")?.to_owned(),
        previous_secrets,
        token_key: TokenKey {
            id: reader.text("token_key_id")?.to_owned(),
            public_key: reader.text("token_public_key")?.to_owned(),
        },
        previous_token_key,
        settings: reader.json("settings")?,
        advanced_era: reader.count("advanced_era")?,
        support_era: if reader.0.contains_key(SUPPORT_ERA) { reader.count(SUPPORT_ERA)? } else { 0 },
        backfilled: reader.0.get(LISTED) == Some(&AttributeValue::Bool(true)),
        has_connections: reader.0.contains_key(HAS_CONNECTIONS),
        callback_off: read_off(reader),
        created_at: reader.time("created_at")?,
        version: reader.version()?,
    })
}

//! Templates: rows of their app in the table `Apps`.

use aws_sdk_dynamodb::types::ReturnValue;

use super::{
    Table,
    apps::{TEMPLATE, app_exists, app_pk},
    item::{Item, ItemReader, number, row, text},
    store_error,
    writes::puts,
};
use crate::{
    domain::{
        id::{AppKey, TemplateName},
        template::Template,
    },
    ports::error::StoreError,
};

/// Writes the template if its app exists and its row fulfils the condition.
pub(super) async fn put(
    table: &Table,
    key: &AppKey,
    template: &Template,
    condition: Option<&str>,
) -> Result<(), StoreError> {
    let mut item = self::key(key, &template.name);
    item.insert("name".into(), text(template.name.as_str()));
    item.insert("title_pattern".into(), text(&template.title_pattern));
    item.insert("content_pattern".into(), text(&template.content_pattern));
    item.insert("created_at".into(), number(template.created_at.as_millis()));
    item.insert("updated_at".into(), number(template.updated_at.as_millis()));
    let put = puts(table.put_of(item).set_condition_expression(condition.map(str::to_owned)))?;
    let writes = vec![app_exists(table, key)?, put];
    table.transact(writes).await
}

pub(super) async fn delete(table: &Table, key: &AppKey, name: &TemplateName) -> Result<bool, StoreError> {
    let deleted = table
        .client
        .delete_item()
        .table_name(&table.name)
        .set_key(Some(self::key(key, name)))
        .return_values(ReturnValue::AllOld)
        .send()
        .await
        .map_err(store_error)?;
    Ok(deleted.attributes.is_some_and(|item| !item.is_empty()))
}

pub(super) fn read_template(reader: &ItemReader<'_>) -> Result<Template, StoreError> {
    Ok(Template {
        name: reader.parsed("name", TemplateName::parse)?,
        title_pattern: reader.text("title_pattern")?.to_owned(),
        content_pattern: reader.text("content_pattern")?.to_owned(),
        created_at: reader.time("created_at")?,
        updated_at: reader.time("updated_at")?,
    })
}

fn key(app: &AppKey, name: &TemplateName) -> Item {
    row(app_pk(app), format!("{TEMPLATE}{name}"))
}

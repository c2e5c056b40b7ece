//! Notifiers: rows of their app in the table `Apps`. A second row finds a notifier by the secret of its report address.
//! One transaction changes both.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::TransactWriteItem;
use serde_json::{Map, Value};

use super::{
    AppsTable, CONFLICT_TRIES, Table,
    apps::{app_exists, app_pk},
    item::{Item, ItemReader, bytes, json, number, row, text},
    store_error,
    writes::{deletes, puts},
};
use crate::{
    crypto::encoding::sha256_hex,
    domain::{
        id::{AppKey, NotifierName},
        notifier::{Notifier, NotifierState, NotifierSummary},
        time::Timestamp,
        vendor::Vendor,
    },
    ports::{
        apps::{DisableNotifier, FindReceiptOwner, ReceiptOwner},
        error::StoreError,
    },
};

/// Update by which a push function disables a notifier. The function's IAM policy names these attributes and no others.
pub const DISABLE_UPDATE: &str = "SET #state = :disabled, state_reason = :reason, state_since = :at, updated_at = :at";
/// Condition of that update: the refused credential is still the notifier's, and the notifier is enabled.
pub const DISABLE_CONDITION: &str = "fingerprint = :fingerprint AND #state = :enabled";

/// Attribute with the end of the credential. It is not `expires_at`: DynamoDB deletes a row at that time.
const CREDENTIAL_EXPIRES_AT: &str = "credential_expires_at";

const ENABLED: &str = "enabled";
const DISABLED: &str = "disabled";

pub(super) async fn create(table: &Table, key: &AppKey, notifier: &Notifier) -> Result<(), StoreError> {
    let put = table.put_new(notifier_row(key, notifier)?)?;
    let writes = vec![app_exists(table, key)?, put, put_owner(table, key, notifier)?];
    table.transact(writes).await
}

pub(super) async fn update(
    table: &Table,
    key: &AppKey,
    notifier: &Notifier,
    seen: &Notifier,
) -> Result<(), StoreError> {
    let put = puts(
        table
            .put_of(notifier_row(key, notifier)?)
            .condition_expression("updated_at = :seen AND receipt_secret = :secret")
            .expression_attribute_values(":seen", number(seen.updated_at.as_millis()))
            .expression_attribute_values(":secret", text(&seen.receipt_secret)),
    )?;
    let mut writes = vec![put];
    if seen.receipt_secret != notifier.receipt_secret {
        writes.push(put_owner(table, key, notifier)?);
        writes.push(delete_owner(table, &seen.receipt_secret)?);
    }
    table.transact(writes).await
}

/// Removes a notifier and the row that finds its report address. Only the notifier's row leads to that row.
pub(super) async fn delete(table: &Table, key: &AppKey, name: &NotifierName) -> Result<bool, StoreError> {
    for _ in 0..CONFLICT_TRIES {
        let Some(secret) = secret(table, key, name).await? else {
            return Ok(false);
        };
        let delete = deletes(
            table
                .delete_of(notifier_key(key, name))
                .condition_expression("receipt_secret = :secret")
                .expression_attribute_values(":secret", text(&secret)),
        )?;
        let writes = vec![delete, delete_owner(table, &secret)?];
        match table.transact(writes).await {
            Ok(()) => return Ok(true),
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error),
        }
    }
    Err(StoreError::Conflict)
}

/// Returns the secret of a notifier's report address; `None` if there is no such notifier.
async fn secret(table: &Table, key: &AppKey, name: &NotifierName) -> Result<Option<String>, StoreError> {
    let found = table
        .client
        .query()
        .table_name(&table.name)
        .key_condition_expression("pk = :pk AND sk = :sk")
        .expression_attribute_values(":pk", text(app_pk(key)))
        .expression_attribute_values(":sk", text(notifier_sk(name)))
        .consistent_read(true)
        .send()
        .await
        .map_err(store_error)?;
    found.items().first().map(|item| ItemReader(item).text("receipt_secret").map(str::to_owned)).transpose()
}

fn put_owner(table: &Table, key: &AppKey, notifier: &Notifier) -> Result<TransactWriteItem, StoreError> {
    let mut item = owner_key(&notifier.receipt_secret);
    item.insert("app".into(), text(key.to_string()));
    item.insert("notifier".into(), text(notifier.name.as_str()));
    puts(table.put_of(item))
}

fn delete_owner(table: &Table, secret: &str) -> Result<TransactWriteItem, StoreError> {
    deletes(table.delete_of(owner_key(secret)))
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
            let reader = ItemReader(&item);
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
            .set_key(Some(notifier_key(key, name)))
            .update_expression(DISABLE_UPDATE)
            .condition_expression(DISABLE_CONDITION)
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

/// Key that sorts after the rows of all notifiers and before those of templates.
pub(super) const AFTER_NOTIFIERS: &str = "notifier$";

fn notifier_sk(name: &NotifierName) -> String {
    format!("notifier#{name}")
}

fn notifier_key(key: &AppKey, name: &NotifierName) -> Item {
    row(app_pk(key), notifier_sk(name))
}

/// Returns the key of the row of a report address. It holds a hash of the secret, because keys appear in logs and
/// metrics.
fn owner_key(secret: &str) -> Item {
    row(format!("receipt#{}", sha256_hex(secret.as_bytes())), "receipt")
}

fn notifier_row(key: &AppKey, notifier: &Notifier) -> Result<Item, StoreError> {
    let state = match notifier.state {
        NotifierState::Enabled => ENABLED,
        NotifierState::Disabled => DISABLED,
    };
    let mut item = notifier_key(key, &notifier.name);
    item.insert("name".into(), text(notifier.name.as_str()));
    item.insert("vendor".into(), text(notifier.vendor.name()));
    item.insert("state".into(), text(state));
    if let Some(reason) = &notifier.state_reason {
        item.insert("state_reason".into(), text(reason));
    }
    item.insert("state_since".into(), number(notifier.state_since.as_millis()));
    item.insert("options".into(), json(&notifier.options)?);
    item.insert("credential".into(), bytes(&notifier.credential));
    if let Some(at) = notifier.credential_expires_at {
        item.insert(CREDENTIAL_EXPIRES_AT.into(), number(at.as_millis()));
    }
    if let Some(facts) = &notifier.credential_facts {
        item.insert("credential_facts".into(), json(facts)?);
    }
    if let Some(api) = &notifier.api {
        item.insert("api".into(), text(api));
    }
    item.insert("fingerprint".into(), text(&notifier.fingerprint));
    item.insert("receipt_secret".into(), text(&notifier.receipt_secret));
    if let Some(sealed) = &notifier.receipt_credential {
        item.insert("receipt_credential".into(), bytes(sealed));
    }
    item.insert("created_at".into(), number(notifier.created_at.as_millis()));
    item.insert("updated_at".into(), number(notifier.updated_at.as_millis()));
    Ok(item)
}

pub(super) fn read_notifier(reader: &ItemReader<'_>) -> Result<Notifier, StoreError> {
    Ok(Notifier {
        name: reader.parsed("name", NotifierName::parse)?,
        vendor: reader.parsed("vendor", Vendor::parse)?,
        state: reader.parsed("state", NotifierState::parse)?,
        state_reason: reader.optional_text("state_reason").map(str::to_owned),
        state_since: reader.time("state_since")?,
        options: reader.json("options")?,
        credential: reader.bytes("credential")?.to_vec(),
        credential_expires_at: reader.optional_time(CREDENTIAL_EXPIRES_AT),
        credential_facts: optional_facts(reader)?,
        api: reader.optional_text("api").map(str::to_owned),
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

/// Attributes that [`read_summary`] reads.
pub(super) const SUMMARY: [&str; 9] = [
    "name",
    "vendor",
    "state",
    "state_reason",
    "options",
    CREDENTIAL_EXPIRES_AT,
    "credential_facts",
    "fingerprint",
    "created_at",
];

pub(super) fn read_summary(reader: &ItemReader<'_>) -> Result<NotifierSummary, StoreError> {
    Ok(NotifierSummary {
        name: reader.parsed("name", NotifierName::parse)?,
        vendor: reader.parsed("vendor", Vendor::parse)?,
        state: reader.parsed("state", NotifierState::parse)?,
        state_reason: reader.optional_text("state_reason").map(str::to_owned),
        options: reader.json("options")?,
        credential_expires_at: reader.optional_time(CREDENTIAL_EXPIRES_AT),
        credential_facts: optional_facts(reader)?,
        fingerprint: reader.text("fingerprint")?.to_owned(),
        created_at: reader.time("created_at")?,
    })
}

fn optional_facts(reader: &ItemReader<'_>) -> Result<Option<Map<String, Value>>, StoreError> {
    reader.optional_text("credential_facts").map(|_| reader.json("credential_facts")).transpose()
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests {
    use super::*;
    use crate::testing::sample;

    #[test]
    fn the_end_of_a_credential_is_not_the_end_of_its_row() {
        let at = Timestamp::from_millis(1_768_467_600_000);
        let ending = Notifier { credential_expires_at: Some(at), ..sample::notifier("one", Vendor::Fcm, at) };
        let row = notifier_row(&sample::app_key("acme#chat"), &ending).unwrap();
        assert!(row.contains_key(CREDENTIAL_EXPIRES_AT) && !row.contains_key("expires_at"));
    }
}

//! Creates the template's tables at any DynamoDB endpoint.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client, Error,
    types::{
        AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TableStatus,
        TimeToLiveSpecification,
    },
};
use shared::aws::Sdk;

/// The names of the five tables.
#[derive(Debug, Clone)]
pub struct Tables {
    /// apps and notifiers
    pub apps: String,
    /// bindings, presence, token owners
    pub users: String,
    /// the offline store
    pub messages: String,
    /// groups and their members
    pub groups: String,
    /// claims, access tokens, health
    pub runtime: String,
}

impl Tables {
    /// Returns names that begin with `prefix`.
    pub fn named(prefix: &str) -> Self {
        let name = |table: &str| format!("{prefix}-{table}");
        Self {
            apps: name("apps"),
            users: name("users"),
            messages: name("messages"),
            groups: name("groups"),
            runtime: name("runtime"),
        }
    }

    /// Returns the name of one table: `apps`, `users`, `messages`, `groups` or `runtime`.
    pub fn of(&self, table: &str) -> &str {
        match table {
            "apps" => &self.apps,
            "users" => &self.users,
            "messages" => &self.messages,
            "groups" => &self.groups,
            "runtime" => &self.runtime,
            other => panic!("there is no table {other}"),
        }
    }

    /// Creates the tables, keyed and expiring as in `infra/template.yaml`, and waits until they can be used.
    pub async fn create(&self, client: &Client) -> Result<(), Error> {
        self.create_lasting(client).await?;
        for name in self.names() {
            let expiry = TimeToLiveSpecification::builder().attribute_name("expires_at").enabled(true).build()?;
            client.update_time_to_live().table_name(name).time_to_live_specification(expiry).send().await?;
        }
        Ok(())
    }

    /// Creates the tables without a time to live, for rows that expired long ago.
    pub async fn create_lasting(&self, client: &Client) -> Result<(), Error> {
        for name in self.names() {
            create(client, name).await?;
        }
        for name in self.names() {
            wait_until_active(client, name).await?;
        }
        Ok(())
    }

    /// Deletes the tables.
    pub async fn delete(&self, client: &Client) -> Result<(), Error> {
        for name in self.names() {
            client.delete_table().table_name(name).send().await?;
        }
        Ok(())
    }

    fn names(&self) -> [&str; 5] {
        [&self.apps, &self.users, &self.messages, &self.groups, &self.runtime]
    }
}

/// Returns the SDK configuration for an endpoint that is not AWS.
pub fn local_sdk(endpoint: &str) -> Sdk {
    let credentials = aws_credential_types::Credentials::new("test", "test", None, None, "local");
    Sdk::new("us-east-1".into(), credentials, Some(endpoint.to_owned()))
}

async fn create(client: &Client, name: &str) -> Result<(), Error> {
    let mut table = client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    for (attribute, kind) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
        table = table
            .attribute_definitions(
                AttributeDefinition::builder()
                    .attribute_name(attribute)
                    .attribute_type(ScalarAttributeType::S)
                    .build()?,
            )
            .key_schema(KeySchemaElement::builder().attribute_name(attribute).key_type(kind).build()?);
    }
    table.send().await?;
    Ok(())
}

async fn wait_until_active(client: &Client, name: &str) -> Result<(), Error> {
    loop {
        let description = client.describe_table().table_name(name).send().await?;
        if description.table().and_then(|table| table.table_status()) == Some(&TableStatus::Active) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

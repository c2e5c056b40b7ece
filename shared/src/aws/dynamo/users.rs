//! The table `Users`: all facts of a receiver for one decision, adjacent under one partition key.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;

use super::{
    Table,
    bindings::read_binding,
    inbox::{INBOX, read_marks},
    item::{Item, ItemReader, text, user_pk},
    presence_rows::read_device_presence,
    profiles::{PROFILE, read_profile},
    store_error,
};
use crate::{
    domain::{
        decision::Facts,
        id::{AppKey, UserId},
        profile::Conversation,
    },
    ports::{
        error::StoreError,
        users::{ManageProfiles, ReadFacts},
    },
};

/// The table `Users`.
#[derive(Debug, Clone)]
pub struct UsersTable(pub(super) Table);

/// Prefix of the sort keys of bindings.
pub(super) const BINDING: &str = "b#bind#";
/// End of the sort keys of facts, which begin at `a`.
pub(super) const FACTS_END: &str = "d";
/// Prefix of the sort keys of presence.
pub(super) const PRESENCE: &str = "c#presence#";

impl UsersTable {
    /// Returns the table with this name.
    pub fn new(client: &Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    /// Returns the user's rows with sort keys from `from` up to `to`, at most a page of 1 MB. Profile and bindings sort
    /// before presence and take less than half of it. What a page leaves out is presence of thousands of devices, far
    /// above [`MAX_DEVICES`](crate::domain::presence::MAX_DEVICES).
    pub(super) async fn rows(
        &self,
        app: &AppKey,
        user: &UserId,
        from: &str,
        to: &str,
        consistent: bool,
    ) -> Result<Vec<Item>, StoreError> {
        let found = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(user_pk(app, user)))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text(to))
            .consistent_read(consistent)
            .send()
            .await
            .map_err(store_error)?;
        Ok(found.items.unwrap_or_default())
    }

    /// Returns the user's rows whose sort keys begin with `prefix`, strongly consistent. `prefix` ends in `#`.
    pub(super) async fn rows_of_kind(
        &self,
        app: &AppKey,
        user: &UserId,
        prefix: &str,
    ) -> Result<Vec<Item>, StoreError> {
        // `$` follows `#`, so the key of every device lies in between.
        let end = format!("{}$", prefix.trim_end_matches('#'));
        self.rows(app, user, prefix, &end, true).await
    }
}

#[async_trait]
impl ReadFacts for UsersTable {
    async fn facts(&self, app: &AppKey, user: &UserId, conversation: &Conversation) -> Result<Facts, StoreError> {
        // 500 strongly consistent reads cost more than the rest of a group message. Facts for a group are therefore
        // read eventually consistent, at half the price.
        let consistent = matches!(conversation, Conversation::User(_));
        self.read_facts(app, user, conversation, consistent).await
    }

    async fn facts_of_now(
        &self,
        app: &AppKey,
        user: &UserId,
        conversation: &Conversation,
    ) -> Result<Facts, StoreError> {
        self.read_facts(app, user, conversation, true).await
    }
}

impl UsersTable {
    async fn read_facts(
        &self,
        app: &AppKey,
        user: &UserId,
        conversation: &Conversation,
        consistent: bool,
    ) -> Result<Facts, StoreError> {
        let rows = self.rows(app, user, "a", FACTS_END, consistent).await?;
        let mut facts = Facts::default();
        for item in &rows {
            let reader = ItemReader(item);
            let sk = reader.text("sk")?;
            facts.known |= sk != INBOX;
            if sk == PROFILE {
                facts.profile = read_profile(&reader)?;
            } else if sk.starts_with(BINDING) {
                facts.bindings.push(read_binding(&reader)?);
            } else if sk.starts_with(PRESENCE) {
                facts.presence.push(read_device_presence(&reader)?);
            } else if sk == INBOX {
                facts.marks = Some(read_marks(item)?);
            }
        }
        let advanced = &facts.profile.advanced;
        if advanced.conversations {
            facts.conversation = self.conversation(app, user, conversation, advanced.era).await?;
        }
        Ok(facts)
    }
}

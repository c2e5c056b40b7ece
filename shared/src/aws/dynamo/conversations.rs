//! Settings of single conversations, a row each. Another row counts them and changes in the same transaction. Calls
//! that race therefore cannot exceed the limit.

use aws_sdk_dynamodb::types::{Select, TransactWriteItem};
use serde::{Deserialize, Serialize};

use super::{
    CONFLICT_TRIES,
    item::{Item, ItemReader, json, number, row, text, user_pk},
    store_error,
    users::UsersTable,
    writes::{deletes, puts},
};
use crate::{
    domain::{
        id::{AppKey, UserId},
        profile::{Conversation, Disturbance},
    },
    ports::{error::StoreError, users::ConversationSetting},
};

/// Prefix of the sort keys of conversations' settings.
const CONVERSATION: &str = "k#conv#";
/// Prefix of the sort keys of groups' settings.
pub(super) const GROUP: &str = "k#conv#chatgroup#";
/// Sort key of the row that counts the settings.
const COUNT: &str = "k#count";
/// Maximum settings that one sweep removes. A transaction takes 100 items, and the count is one of them.
const MAX_SWEPT: usize = 99;

/// Setting of a conversation, and the era for which it is valid.
#[derive(Serialize, Deserialize)]
pub(super) struct OfEra {
    pub(super) era: u32,
    #[serde(flatten)]
    pub(super) disturbance: Disturbance,
}

/// Number of conversations for which a user has settings.
#[derive(Clone, Copy)]
struct Count {
    rows: usize,
    /// whether a row with the count exists
    stored: bool,
}

impl UsersTable {
    pub(super) async fn put_conversation(
        &self,
        app: &AppKey,
        user: &UserId,
        setting: &ConversationSetting<'_>,
        max: usize,
    ) -> Result<bool, StoreError> {
        let mut item = key(app, user, setting.conversation);
        let stored = OfEra { era: setting.era, disturbance: setting.disturbance };
        item.insert("disturbance".into(), json(&stored)?);
        for _ in 0..CONFLICT_TRIES {
            if self.replace_conversation(&item).await? {
                return Ok(true);
            }
            let count = self.count_conversations(app, user).await?;
            let written = if count.rows < max {
                self.add_conversation(app, user, &item, count).await.map(|()| true)
            } else {
                match self.sweep_conversations(app, user, setting, count).await {
                    Ok(0) => return Ok(false),
                    swept => swept.map(|_| false),
                }
            };
            match written {
                Ok(true) => return Ok(true),
                Ok(false) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict)
    }

    /// Replaces an existing row; returns `false` if there is none.
    async fn replace_conversation(&self, item: &Item) -> Result<bool, StoreError> {
        let put = self.0.client.put_item().table_name(&self.0.name).set_item(Some(item.clone()));
        match put.condition_expression("attribute_exists(pk)").send().await.map_err(store_error) {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn count_conversations(&self, app: &AppKey, user: &UserId) -> Result<Count, StoreError> {
        let get = self.0.client.get_item().table_name(&self.0.name).set_key(Some(row(user_pk(app, user), COUNT)));
        let found = get.consistent_read(true).send().await.map_err(store_error)?;
        if let Some(item) = found.item {
            let rows = usize::try_from(ItemReader(&item).count("conversations")?).unwrap_or(usize::MAX);
            return Ok(Count { rows, stored: true });
        }
        // Earlier versions did not count settings. One page of 1 MB holds more than a user may have.
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk AND begins_with(sk, :conversation)")
            .expression_attribute_values(":pk", text(user_pk(app, user)))
            .expression_attribute_values(":conversation", text(CONVERSATION))
            .select(Select::Count)
            .consistent_read(true);
        let counted = query.send().await.map_err(store_error)?.count;
        Ok(Count { rows: usize::try_from(counted).unwrap_or_default(), stored: false })
    }

    async fn add_conversation(&self, app: &AppKey, user: &UserId, item: &Item, count: Count) -> Result<(), StoreError> {
        let put = self.0.put_new(item.clone())?;
        let mut writes = vec![put, self.put_count(app, user, count, count.rows + 1)?];
        // The caller saw a profile that an erasure may have removed since.
        if !count.stored {
            writes.push(self.list(app, user)?);
        }
        self.0.transact(writes).await
    }

    /// Removes rows that change nothing any more or belong to another era. Returns how many.
    async fn sweep_conversations(
        &self,
        app: &AppKey,
        user: &UserId,
        setting: &ConversationSetting<'_>,
        count: Count,
    ) -> Result<usize, StoreError> {
        let mut writes = Vec::new();
        for item in self.rows_of_kind(app, user, CONVERSATION).await? {
            let reader = ItemReader(&item);
            let stored: OfEra = reader.json("disturbance")?;
            if stored.era == setting.era && !stored.disturbance.says_nothing(setting.at) {
                continue;
            }
            let delete = deletes(
                self.0
                    .delete_of(row(user_pk(app, user), reader.text("sk")?))
                    .condition_expression("disturbance = :seen")
                    .set_expression_attribute_values(
                        item.get("disturbance").map(|seen| [(":seen".to_owned(), seen.clone())].into()),
                    ),
            )?;
            writes.push(delete);
            if writes.len() == MAX_SWEPT {
                break;
            }
        }
        let swept = writes.len();
        if swept > 0 {
            writes.push(self.put_count(app, user, count, count.rows.saturating_sub(swept))?);
            self.0.transact(writes).await?;
        }
        Ok(swept)
    }

    /// Returns the write that replaces the count, on the condition that it is still `seen`.
    fn put_count(
        &self,
        app: &AppKey,
        user: &UserId,
        seen: Count,
        rows: usize,
    ) -> Result<TransactWriteItem, StoreError> {
        let value = |rows: usize| number(i64::try_from(rows).unwrap_or(i64::MAX));
        let mut item = row(user_pk(app, user), COUNT);
        item.insert("conversations".into(), value(rows));
        let put = self.0.put_of(item);
        let put = if seen.stored {
            put.condition_expression("conversations = :seen").expression_attribute_values(":seen", value(seen.rows))
        } else {
            put.condition_expression("attribute_not_exists(pk)")
        };
        puts(put)
    }
}

pub(super) fn key(app: &AppKey, user: &UserId, conversation: &Conversation) -> Item {
    let sk = match conversation {
        Conversation::User(peer) => format!("{CONVERSATION}user#{peer}"),
        Conversation::Group(group) => format!("{GROUP}{group}"),
    };
    row(user_pk(app, user), sk)
}

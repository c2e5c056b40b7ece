//! The row `c#inbox` of a user: the marks up to which no message waits. It sorts among the facts of a decision, so a
//! recheck reads it without a further request. It is no presence row and does not make the user known.

use async_trait::async_trait;

use super::{
    item::{Item, ItemReader, corrupt, number, row, text, user_pk},
    store_error,
    users::UsersTable,
};
use crate::{
    domain::{
        id::{AppKey, MessageId, UserId},
        inbox::Marks,
        message::OFFLINE_RETENTION,
        time::Timestamp,
    },
    ports::{error::StoreError, inbox::TrackInbox},
};

/// The row's sort key.
pub(super) const INBOX: &str = "c#inbox";
const ONE_TO_ONE: &str = "seen_u2u";
const GROUP: &str = "seen_group";

/// Condition that marks never move back.
const NOT_LATER: &str = "(attribute_not_exists(seen_u2u) OR seen_u2u <= :one_to_one) AND \
    (attribute_not_exists(seen_group) OR seen_group <= :group)";

#[async_trait]
impl TrackInbox for UsersTable {
    async fn marks(&self, app: &AppKey, user: &UserId) -> Result<Option<Marks>, StoreError> {
        let get = self.0.client.get_item().table_name(&self.0.name).set_key(Some(row(user_pk(app, user), INBOX)));
        let found = get.consistent_read(true).send().await.map_err(store_error)?;
        found.item.map(|item| read_marks(&item)).transpose()
    }

    async fn move_marks(&self, app: &AppKey, user: &UserId, marks: Marks, now: Timestamp) -> Result<(), StoreError> {
        let moved = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(row(user_pk(app, user), INBOX)))
            .update_expression("SET seen_u2u = :one_to_one, seen_group = :group, expires_at = :end")
            .condition_expression(NOT_LATER)
            .expression_attribute_values(":one_to_one", text(marks.one_to_one.to_string()))
            .expression_attribute_values(":group", text(marks.group.to_string()))
            // When the row expires, so has every message that a mark could precede.
            .expression_attribute_values(":end", number(now.plus(OFFLINE_RETENTION).as_seconds()))
            .send()
            .await
            .map_err(store_error);
        match moved {
            // Another call wrote later marks. An old mark costs a read, but loses no message.
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

pub(super) fn read_marks(item: &Item) -> Result<Marks, StoreError> {
    let mark = |name| match ItemReader(item).optional_text(name) {
        Some(id) => MessageId::parse(id).map_err(|_| corrupt(name)),
        None => Ok(MessageId::MIN),
    };
    Ok(Marks { one_to_one: mark(ONE_TO_ONE)?, group: mark(GROUP)? })
}

//! Messages sorted by id in the table `Messages`: a user's one-to-one messages under the user, a group's messages under
//! the group. Instant pushes that wait for nobody have a prefix of their own.
//!
//! Earlier versions wrote an acknowledgement beside its message, with a key that sorts right after it. Such rows are
//! read until they expire.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    MessagesTable,
    content::unpack,
    group_messages::USERS,
    item::{Item, ItemReader, corrupt, group_pk, text, user_pk},
    store_error,
};
use crate::{
    domain::id::{AppKey, MessageId, UserId},
    ports::{
        error::StoreError,
        timelines::{Chunk, Entry, Order, ReadTimeline, Span, Timeline},
    },
};

pub(super) const MESSAGE: &str = "m#";
/// Prefix of the sort keys of instant pushes that wait for nobody.
pub(super) const INSTANT_PUSH: &str = "p#";
/// Suffix that an earlier version's acknowledgement adds to the sort key of its message.
pub(super) const OLDER_ACK: &str = "#ack";

#[async_trait]
impl ReadTimeline for MessagesTable {
    async fn timeline(&self, app: &AppKey, timeline: &Timeline, span: &Span) -> Result<Chunk, StoreError> {
        let (pk, prefix) = match timeline {
            Timeline::User(user) => (user_pk(app, user), MESSAGE),
            Timeline::Group(group) => (group_pk(app, group), MESSAGE),
            Timeline::InstantPushes(user) => (user_pk(app, user), INSTANT_PUSH),
        };
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk AND sk BETWEEN :after AND :last")
            .expression_attribute_values(":pk", text(pk))
            // `~` sorts after every suffix of the id in a key.
            .expression_attribute_values(":after", text(format!("{prefix}{}~", span.after)))
            .expression_attribute_values(":last", text(format!("{prefix}{}~", span.up_to)))
            .scan_index_forward(span.order == Order::OldestFirst)
            // Reads one row more, so the last message is read together with its acknowledgement.
            .limit(i32::try_from(span.limit.saturating_add(1)).unwrap_or(i32::MAX))
            .consistent_read(span.strong);
        let found = query.send().await.map_err(store_error)?;
        let more = found.last_evaluated_key.is_some();
        read(found.items.unwrap_or_default(), prefix, span.order, more)
    }
}

/// Returns the messages of rows, in order. If more rows follow, the last message is left to the next read, because its
/// acknowledgement may follow.
fn read(rows: Vec<Item>, prefix: &str, order: Order, more: bool) -> Result<Chunk, StoreError> {
    let mut keys = rows.iter().map(|row| read_key(row, prefix)).collect::<Result<Vec<_>, _>>()?;
    if more && order == Order::OldestFirst && keys.len() > 1 && keys.last().is_some_and(|(_, is_ack)| !is_ack) {
        keys.pop();
    }
    let rest = keys.last().map(|(id, _)| *id).filter(|_| more);
    let acknowledged: BTreeSet<MessageId> = keys.iter().filter(|(_, is_ack)| *is_ack).map(|(id, _)| *id).collect();
    let rows = keys.drain(..).zip(&rows).filter(|((id, is_ack), _)| !is_ack && !acknowledged.contains(id));
    let entries = rows.filter_map(|((id, _), item)| {
        let entry = read_entry(id, item);
        // One unreadable message must not hide the others.
        let unreadable =
            |error: &StoreError| tracing::error!(message.id = %id, error = error.chain(), "a message cannot be read");
        entry.inspect_err(unreadable).ok()
    });
    Ok(Chunk { entries: entries.collect(), rest })
}

/// Returns the message of a row's key, and whether the row is an earlier version's acknowledgement.
fn read_key(item: &Item, prefix: &str) -> Result<(MessageId, bool), StoreError> {
    let key = ItemReader(item).text("sk")?.strip_prefix(prefix).ok_or_else(|| corrupt("sk"))?;
    let (id, is_ack) = key.strip_suffix(OLDER_ACK).map_or((key, false), |id| (id, true));
    Ok((MessageId::parse(id).map_err(|_| corrupt("sk"))?, is_ack))
}

fn read_entry(msg_id: MessageId, item: &Item) -> Result<Entry, StoreError> {
    let users = match item.get(USERS) {
        None => None,
        Some(AttributeValue::L(users)) => {
            let read = |user: &AttributeValue| user.as_s().ok().and_then(|user| UserId::parse(user).ok());
            Some(users.iter().map(read).collect::<Option<_>>().ok_or_else(|| corrupt(USERS))?)
        }
        Some(_) => return Err(corrupt(USERS)),
    };
    Ok(Entry { msg_id, content: unpack(item)?, users })
}

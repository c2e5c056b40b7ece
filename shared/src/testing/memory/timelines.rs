//! Timelines in memory.

use async_trait::async_trait;

use super::{MemoryMessages, lock};
use crate::{
    domain::{
        id::{AppKey, UserId},
        message::Receiver,
        recall::MessageTarget,
    },
    ports::{
        error::StoreError,
        messages::StoredMessage,
        timelines::{Chunk, Entry, Order, ReadTimeline, Span, Timeline},
    },
};

impl MemoryMessages {
    /// Returns what the user received, either beside the offline store or in it.
    fn of_user(&self, app: &AppKey, user: &UserId, beside_store: bool) -> Vec<Entry> {
        let meant = |(to, stored): &(Receiver, StoredMessage)| {
            to.user == *user && stored.content.is_beside_store() == beside_store
        };
        let all = self.all(app).into_iter().filter(meant);
        all.map(|(of, stored)| Entry { msg_id: of.msg_id, content: stored.content, users: None }).collect()
    }
}

#[async_trait]
impl ReadTimeline for MemoryMessages {
    async fn timeline(&self, app: &AppKey, timeline: &Timeline, span: &Span) -> Result<Chunk, StoreError> {
        self.faults.before("timeline").await?;
        let mut entries: Vec<Entry> = match timeline {
            Timeline::User(user) => self.of_user(app, user, false),
            Timeline::InstantPushes(user) => self.of_user(app, user, true),
            Timeline::Group(group) => lock(&self.groups).entries(app, group),
        };
        let target = match timeline {
            Timeline::User(user) => Some(MessageTarget::User(user.clone())),
            Timeline::Group(group) => Some(MessageTarget::Group(group.clone())),
            Timeline::InstantPushes(_) => None,
        };
        entries.retain(|entry| span.after < entry.msg_id && entry.msg_id <= span.up_to);
        entries.retain(|entry| target.clone().is_none_or(|to| !self.is_recalled(app, to, entry.msg_id)));
        entries.sort_by_key(|entry| entry.msg_id);
        if span.order == Order::NewestFirst {
            entries.reverse();
        }
        let more = entries.len() > span.limit;
        entries.truncate(span.limit);
        let rest = entries.last().map(|entry| entry.msg_id).filter(|_| more);
        Ok(Chunk { entries, rest })
    }
}

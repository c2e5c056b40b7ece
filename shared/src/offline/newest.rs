//! Reads everything that waits from the newest message on, because the store returns only a maximum of newest messages.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use futures::{StreamExt, TryStreamExt, stream};

use super::{
    OfflineStore, PARALLEL_READS,
    bounds::Budget,
    view::{AppUser, GroupSpan, View},
};
use crate::{
    domain::{
        ack::{Ack, MAX_OF_GROUPS, MAX_ONE_TO_ONE, MAX_PUSHES},
        id::{MessageId, UserId},
        message::Content,
    },
    ports::{
        error::StoreError,
        timelines::{Chunk, Entry, Order, Span, Timeline},
    },
};

/// Messages of a group in one read.
const GROUP_CHUNK: usize = 50;

/// Everything that waits for a user.
pub(super) struct Waiting {
    pub(super) one_to_one: Kept,
    pub(super) of_groups: Kept,
}

/// The waiting messages of one kind, up to the store's maximum.
pub(super) struct Kept {
    /// the newest ones: at most `max` messages, and besides them [`MAX_PUSHES`] instant pushes
    pub(super) waiting: BTreeMap<MessageId, Content>,
    /// those that are instant pushes
    pushes: BTreeSet<MessageId>,
    /// the last instant push that is dropped
    pub(super) last_dropped_push: MessageId,
    /// messages that were read and do not wait
    done: BTreeSet<MessageId>,
    /// whether messages before the oldest one are dropped
    pub(super) dropped: bool,
    /// whether the call had to read everything
    complete: bool,
    /// whether the call's bounds ended the read
    pub(super) bounded: bool,
    max: usize,
}

impl Kept {
    fn new(max: usize) -> Self {
        Self {
            waiting: BTreeMap::new(),
            pushes: BTreeSet::new(),
            last_dropped_push: MessageId::MIN,
            done: BTreeSet::new(),
            dropped: false,
            complete: true,
            bounded: false,
            max,
        }
    }

    fn add(&mut self, view: &View, user: &UserId, entries: Vec<Entry>) {
        for entry in entries {
            if view.waits(user, &entry) {
                if entry.content.instant.is_some() {
                    self.pushes.insert(entry.msg_id);
                }
                self.waiting.insert(entry.msg_id, entry.content);
            } else {
                self.done.insert(entry.msg_id);
            }
        }
        while self.pushes.len() > MAX_PUSHES {
            self.drop_oldest_push();
        }
        while self.messages() > self.max || self.is_full() && self.begins_with_push() {
            self.drop_oldest();
        }
    }

    fn messages(&self) -> usize {
        self.waiting.len() - self.pushes.len()
    }

    /// Returns whether no older message is kept.
    fn is_full(&self) -> bool {
        self.messages() == self.max
    }

    fn begins_with_push(&self) -> bool {
        self.pushes.first().is_some_and(|push| self.waiting.keys().next() == Some(push))
    }

    fn drop_oldest(&mut self) {
        let Some((oldest, _)) = self.waiting.pop_first() else { return };
        self.pushes.remove(&oldest);
        self.dropped = true;
    }

    /// Drops an instant push, although older messages may be kept.
    fn drop_oldest_push(&mut self) {
        let Some(oldest) = self.pushes.pop_first() else { return };
        self.waiting.remove(&oldest);
        self.done.insert(oldest);
        self.last_dropped_push = self.last_dropped_push.max(oldest);
    }

    /// Returns the last message that is dropped: none up to it is returned.
    pub(super) fn floor(&self) -> MessageId {
        let oldest = self.waiting.keys().next().filter(|_| self.is_full());
        oldest.map_or(MessageId::MIN, |oldest| oldest.previous())
    }

    /// Returns whether the call read everything that waits.
    pub(super) fn is_whole(&self) -> bool {
        self.complete && !self.bounded
    }

    /// Removes and returns the messages that the acknowledgement covers, the newest first.
    pub(super) fn take(&mut self, ack: &Ack) -> Vec<MessageId> {
        let taken: Vec<MessageId> = self.waiting.keys().rev().copied().filter(|id| ack.covers(*id)).collect();
        for id in &taken {
            self.waiting.remove(id);
            self.pushes.remove(id);
            self.done.insert(*id);
        }
        taken
    }

    /// Returns the last message up to which nothing waits, at most `settled`.
    pub(super) fn mark(&self, settled: MessageId) -> MessageId {
        match self.waiting.keys().next() {
            _ if !self.complete || self.bounded => MessageId::MIN,
            Some(oldest) => settled.min(oldest.previous()),
            None => settled,
        }
    }

    /// Returns how many messages later calls need not read with this mark.
    pub(super) fn spared(&self, mark: MessageId) -> usize {
        self.done.range(..=mark).count()
    }
}

impl OfflineStore {
    /// Returns the waiting one-to-one messages. Only the part after the settled point uses strongly consistent reads,
    /// which cost twice as much.
    pub(super) async fn newest_of_user(
        &self,
        whose: AppUser<'_>,
        view: &View,
        budget: &Budget,
    ) -> Result<Kept, StoreError> {
        let mut kept = Kept::new(MAX_ONE_TO_ONE);
        let timeline = Timeline::User(whose.user.clone());
        let (floor, settled) = (view.floors.one_to_one.max(view.known_after), view.settled());
        let mut read = false;
        for (after, last, strong) in [(floor.max(settled), MessageId::MAX, true), (floor, settled, false)] {
            let mut up_to = last;
            while after < up_to {
                if read && budget.is_spent() {
                    kept.bounded = true;
                    return Ok(kept);
                }
                let (order, limit) = (Order::NewestFirst, budget.share(MAX_ONE_TO_ONE, 1));
                let span = Span { after, up_to, order, limit, strong };
                let Chunk { entries, rest } = self.timelines.timeline(whose.app, &timeline, &span).await?;
                budget.spend(entries.len());
                read = true;
                kept.add(view, whose.user, entries);
                if kept.is_full() {
                    kept.dropped = true;
                    return Ok(kept);
                }
                up_to = rest.map_or(MessageId::MIN, MessageId::previous);
            }
        }
        kept.bounded = view.floors.one_to_one < view.known_after;
        Ok(kept)
    }

    /// Returns the waiting group messages. It reads one chunk of each group, the group with the newest message first,
    /// until no group can have a message within the maximum.
    pub(super) async fn newest_of_groups(
        &self,
        whose: AppUser<'_>,
        view: &View,
        since: Option<MessageId>,
        budget: &Budget,
    ) -> Result<Kept, StoreError> {
        let mut kept = Kept::new(MAX_OF_GROUPS);
        kept.complete = since.is_none() && view.groups_complete;
        let mut left = self.active_groups(whose, view, view.floors.group, since).await?;
        // For these messages it is unknown whether they are acknowledged.
        let unknown = left.iter().any(|span| span.after < view.known_after);
        left.iter_mut().for_each(|span| span.after = span.after.max(view.known_after));
        left.retain(|span| span.after < span.last);
        let mut read = false;
        loop {
            let before = left.len();
            let floor = kept.floor();
            left.retain(|span| span.last > floor);
            kept.dropped |= left.len() < before;
            if left.is_empty() {
                kept.bounded = unknown && floor < view.known_after;
                return Ok(kept);
            }
            if read && budget.is_spent() {
                kept.bounded = true;
                return Ok(kept);
            }
            left.sort_by_key(|span| Reverse(span.last));
            let round: Vec<GroupSpan> = left.drain(..left.len().min(PARALLEL_READS)).collect();
            read = true;
            for (span, chunk) in self.newest_chunks(whose, view, round, budget).await? {
                budget.spend(chunk.entries.len());
                kept.add(view, whose.user, chunk.entries);
                let rest = chunk.rest.map(MessageId::previous).filter(|last| *last > span.after);
                left.extend(rest.map(|last| GroupSpan { last, ..span }));
            }
        }
    }

    async fn newest_chunks(
        &self,
        whose: AppUser<'_>,
        view: &View,
        spans: Vec<GroupSpan>,
        budget: &Budget,
    ) -> Result<Vec<(GroupSpan, Chunk)>, StoreError> {
        let settled = view.settled();
        let limit = budget.share(GROUP_CHUNK, spans.len());
        stream::iter(spans)
            .map(|of| async move {
                let (order, strong) = (Order::NewestFirst, of.last > settled);
                let span = Span { after: of.after, up_to: of.last, order, limit, strong };
                let timeline = Timeline::Group(of.group.clone());
                let chunk = self.timelines.timeline(whose.app, &timeline, &span).await?;
                Ok((of, chunk))
            })
            .buffer_unordered(PARALLEL_READS)
            .try_collect()
            .await
    }
}

//! Everything that waits, read from its newer end, since the store is good for the newest messages only.

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
        ack::{Ack, MAX_OF_GROUPS, MAX_ONE_TO_ONE},
        id::{MessageId, UserId},
        message::Content,
    },
    ports::{
        error::StoreError,
        timelines::{Chunk, Entry, Order, Span, Timeline},
    },
};

/// How many messages of a group are read at once.
const GROUP_CHUNK: usize = 50;

/// Everything that waits for a user.
pub(super) struct Waiting {
    pub(super) one_to_one: Kept,
    pub(super) of_groups: Kept,
}

/// What waits of one kind, as far as it is kept.
pub(super) struct Kept {
    /// the newest, at most `max`
    pub(super) waiting: BTreeMap<MessageId, Content>,
    /// what was met and does not wait
    done: BTreeSet<MessageId>,
    /// whether messages below the oldest are dropped
    pub(super) dropped: bool,
    /// whether everything was to be looked at
    complete: bool,
    /// whether there was more than a call looks at
    pub(super) bounded: bool,
    max: usize,
}

impl Kept {
    fn new(max: usize) -> Self {
        Self { waiting: BTreeMap::new(), done: BTreeSet::new(), dropped: false, complete: true, bounded: false, max }
    }

    fn add(&mut self, view: &View, user: &UserId, entries: Vec<Entry>) {
        for entry in entries {
            if view.waits(user, &entry) {
                self.waiting.insert(entry.msg_id, entry.content);
            } else {
                self.done.insert(entry.msg_id);
            }
        }
        while self.waiting.len() > self.max {
            self.waiting.pop_first();
            self.dropped = true;
        }
    }

    /// Nothing up to here is kept.
    pub(super) fn floor(&self) -> MessageId {
        let oldest = self.waiting.keys().next().filter(|_| self.waiting.len() == self.max);
        oldest.map_or(MessageId::MIN, |oldest| oldest.previous())
    }

    /// Whether everything that waits was looked at.
    pub(super) fn is_whole(&self) -> bool {
        self.complete && !self.bounded
    }

    /// Takes what the acknowledgement covers, the newest first.
    pub(super) fn take(&mut self, ack: &Ack) -> Vec<MessageId> {
        let taken: Vec<MessageId> = self.waiting.keys().rev().copied().filter(|id| ack.covers(*id)).collect();
        for id in &taken {
            self.waiting.remove(id);
            self.done.insert(*id);
        }
        taken
    }

    /// Up to where nothing waits, as far as everything is `settled`.
    pub(super) fn mark(&self, settled: MessageId) -> MessageId {
        match self.waiting.keys().next() {
            _ if !self.complete || self.bounded => MessageId::MIN,
            Some(oldest) => settled.min(oldest.previous()),
            None => settled,
        }
    }

    /// How many messages a mark spares later calls.
    pub(super) fn spared(&self, mark: MessageId) -> usize {
        self.done.range(..=mark).count()
    }
}

impl OfflineStore {
    /// The one-to-one messages that wait. Only what is not settled is read at the price of a strong read.
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
                if kept.waiting.len() == kept.max {
                    kept.dropped = true;
                    return Ok(kept);
                }
                up_to = rest.map_or(MessageId::MIN, MessageId::previous);
            }
        }
        kept.bounded = view.floors.one_to_one < view.known_after;
        Ok(kept)
    }

    /// The group messages that wait. Groups are read a chunk each, those with the newest messages first, until no group can have
    /// anything that is kept.
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
        // Of these messages nobody knows whether they are acknowledged.
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

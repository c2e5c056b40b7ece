//! Reads timelines from their older ends, within the bounds of a call.

use std::{
    cmp::max,
    collections::{BTreeMap, BTreeSet},
};

use futures::{StreamExt, TryStreamExt, stream};

use super::{
    OfflineStore, PARALLEL_READS,
    bounds::Budget,
    view::{AppUser, View},
};
use crate::{
    domain::{
        id::{GroupId, MessageId},
        message::Content,
    },
    ports::{
        error::StoreError,
        timelines::{Entry, Order, Span, Timeline},
    },
};

/// Maximum messages of a timeline in one read.
const MAX_CHUNK: usize = 500;

/// A timeline with its unread spans, the older one first.
pub(super) struct Track {
    timeline: Timeline,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy)]
struct Part {
    after: MessageId,
    up_to: MessageId,
    strong: bool,
}

impl Track {
    /// Returns everything after a message. Only the part after the settled point uses strongly consistent reads, which
    /// cost twice as much.
    pub(super) fn behind(after: MessageId, view: &View, timeline: Timeline) -> Self {
        let settled = view.settled();
        let parts = vec![
            Part { after, up_to: settled, strong: false },
            Part { after: max(after, settled), up_to: MessageId::MAX, strong: true },
        ];
        Self { timeline, parts }
    }

    /// Returns a track with one span.
    pub(super) fn span(after: MessageId, up_to: MessageId, strong: bool, timeline: Timeline) -> Self {
        Self { timeline, parts: vec![Part { after, up_to, strong }] }
    }
}

/// Result of the reads from the older end.
pub(super) struct Found {
    /// the waiting messages
    pub(super) waiting: BTreeMap<MessageId, Content>,
    /// everything up to this message was read
    pub(super) up_to: MessageId,
    /// how many messages, or batches of acknowledgements, later calls need not read if the marks move
    pub(super) done: usize,
    /// groups that may have more
    pub(super) unread: BTreeSet<GroupId>,
}

/// Result of the reads in one timeline.
struct Ahead {
    timeline: Timeline,
    found: Vec<Entry>,
    up_to: MessageId,
    done: usize,
}

impl OfflineStore {
    /// Returns the first waiting messages of the timelines. There are at least `most`, unless fewer wait or the call
    /// reaches its bounds.
    pub(super) async fn look(
        &self,
        whose: AppUser<'_>,
        view: &View,
        tracks: Vec<Track>,
        most: usize,
    ) -> Result<Found, StoreError> {
        let budget = self.budget(view);
        let first = budget.share(most, tracks.len());
        let budget = &budget;
        let ahead: Vec<Ahead> = stream::iter(tracks)
            .map(|track| async move { self.look_at(whose, view, track, most, first, budget).await })
            .buffer_unordered(PARALLEL_READS)
            .try_collect()
            .await?;
        // The next page reads everything after the point where the reads of the first timeline end.
        let up_to = ahead.iter().map(|one| one.up_to).min().unwrap_or(MessageId::MAX);
        let done = if view.known_up_to < MessageId::MAX { view.acked.len() } else { 0 };
        let mut found = Found { waiting: BTreeMap::new(), up_to, done, unread: BTreeSet::new() };
        for Ahead { timeline, found: entries, up_to: read_up_to, done } in ahead {
            let behind = read_up_to < MessageId::MAX || entries.last().is_some_and(|entry| entry.msg_id > up_to);
            if let Timeline::Group(group) = timeline
                && behind
            {
                found.unread.insert(group);
            }
            found.done += done;
            let entries = entries.into_iter().filter(|entry| entry.msg_id <= up_to);
            found.waiting.extend(entries.map(|entry| (entry.msg_id, entry.content)));
        }
        Ok(found)
    }

    /// Reads one timeline. It reads each part at least once, so that the walk makes progress and ends, whatever the
    /// bounds.
    async fn look_at(
        &self,
        whose: AppUser<'_>,
        view: &View,
        track: Track,
        most: usize,
        first: usize,
        budget: &Budget,
    ) -> Result<Ahead, StoreError> {
        let Track { timeline, parts } = track;
        // The first read of the user's own timeline may return a whole page. The groups share the budget.
        let first = if matches!(timeline, Timeline::User(_)) { most } else { first };
        let mut ahead = Ahead { timeline, found: Vec::new(), up_to: view.known_up_to, done: 0 };
        let mut rows = 0;
        for Part { after, up_to, strong } in parts {
            let up_to = up_to.min(view.known_up_to);
            let mut next = Some(after).filter(|after| *after < up_to);
            let mut read = false;
            while let Some(after) = next {
                if ahead.found.len() >= most || read && budget.is_spent() {
                    ahead.up_to = after;
                    return Ok(ahead);
                }
                // If few of many messages wait, the reads get longer.
                let limit = budget.share(first.max(rows).min(MAX_CHUNK), 1);
                let span = Span { after, up_to, order: Order::OldestFirst, limit, strong };
                let chunk = self.timelines.timeline(whose.app, &ahead.timeline, &span).await?;
                let met = chunk.entries.len();
                budget.spend(met);
                rows += met;
                read = true;
                let waiting = chunk.entries.into_iter().filter(|entry| view.waits(whose.user, entry));
                let before = ahead.found.len();
                ahead.found.extend(waiting);
                ahead.done += met - (ahead.found.len() - before);
                next = chunk.rest;
            }
        }
        Ok(ahead)
    }
}

//! The next messages of a walk, read from the older end: what earlier pages showed is not read again.

use std::{
    cmp::max,
    collections::{BTreeMap, BTreeSet},
};

use futures::{StreamExt, TryStreamExt, stream};

use super::{
    Cursor, ENOUGH_DONE, OfflineStore, PARALLEL_READS,
    bounds::Budget,
    cursor::Left,
    view::{View, Whose},
};
use crate::{
    domain::{
        id::{GroupId, MessageId},
        inbox::Marks,
        message::Content,
    },
    ports::{
        error::StoreError,
        timelines::{Entry, Order, Span, Timeline},
    },
};

/// The most messages of a timeline that are read at once.
const MAX_CHUNK: usize = 500;

/// A timeline with those spans of it that are still to be read, the older one first.
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
    /// Everything behind a message. Only what is not settled is read at the price of a strong read.
    fn behind(after: MessageId, view: &View, timeline: Timeline) -> Self {
        let settled = view.settled();
        let parts = vec![
            Part { after, up_to: settled, strong: false },
            Part { after: max(after, settled), up_to: MessageId::MAX, strong: true },
        ];
        Self { timeline, parts }
    }
}

/// What was found from the older end.
pub(super) struct Found {
    /// what waits
    pub(super) waiting: BTreeMap<MessageId, Content>,
    /// everything up to here was looked at
    pub(super) up_to: MessageId,
    /// how many messages, or acknowledgements of many, a mark would spare later calls
    pub(super) done: usize,
    /// groups that may have more
    unread: BTreeSet<GroupId>,
}

/// What was found of one timeline.
struct Ahead {
    timeline: Timeline,
    found: Vec<Entry>,
    up_to: MessageId,
    done: usize,
}

impl OfflineStore {
    /// The messages behind the cursor. Groups that the user joined since the walk began are left to the next walk.
    pub(super) async fn next_page(
        &self,
        whose: Whose<'_>,
        cursor: &Cursor,
        limit: usize,
    ) -> Result<(BTreeMap<MessageId, Content>, Option<Cursor>), StoreError> {
        let view = self.view(whose, cursor.position, Order::OldestFirst).await?;
        let floors = cursor.floors.later(view.floors);
        let tracks = match &cursor.left {
            Left::Known { .. } => self.known_tracks(whose, &view, floors, cursor).await?,
            Left::All { .. } => self.all_tracks(whose, &view, floors, cursor.position).await?,
        };
        let found = self.look(whose, &view, tracks, limit + 1).await?;
        let clean = match cursor.left {
            Left::All { begun, clean: true } => {
                if found.done >= ENOUGH_DONE {
                    self.move_marks_behind(whose, &view, floors, &found, begun).await;
                }
                found.waiting.is_empty()
            }
            _ => false,
        };
        let Found { waiting: mut page, up_to, mut unread, .. } = found;
        let rest = page.keys().nth(limit).copied().map_or_else(BTreeMap::new, |first| page.split_off(&first));
        let last = page.keys().next_back().copied().filter(|_| !rest.is_empty());
        unread.extend(rest.values().filter_map(|content| content.group.clone()));
        let position = last.or(Some(up_to).filter(|up_to| *up_to < MessageId::MAX));
        let left = match &cursor.left {
            Left::Known { strong, .. } => Left::known(*strong, &unread),
            Left::All { begun, .. } => Left::All { begun: *begun, clean },
        };
        Ok((page, position.map(|position| Cursor::new(whose.app, whose.user, floors, position, left))))
    }

    /// The user's own messages, and the groups that the first page found something in.
    async fn known_tracks(
        &self,
        whose: Whose<'_>,
        view: &View,
        floors: Marks,
        cursor: &Cursor,
    ) -> Result<Vec<Track>, StoreError> {
        let after = |floor: MessageId| max(floor, cursor.position);
        let own = Timeline::User(whose.user.clone());
        let mut tracks = vec![Track::behind(after(floors.one_to_one), view, own)];
        if let Some(strong) = cursor.groups_are_strong() {
            let groups = self.groups(whose, after(floors.group)).await?;
            let groups = groups.into_iter().filter(|(group, _)| cursor.names(group));
            tracks.extend(groups.map(|(group, after)| {
                let part = Part { after, up_to: MessageId::MAX, strong };
                Track { timeline: Timeline::Group(group), parts: vec![part] }
            }));
        }
        Ok(tracks)
    }

    /// The user's own messages, and all groups with something behind `position`.
    pub(super) async fn all_tracks(
        &self,
        whose: Whose<'_>,
        view: &View,
        floors: Marks,
        position: MessageId,
    ) -> Result<Vec<Track>, StoreError> {
        let own = Timeline::User(whose.user.clone());
        let mut tracks = vec![Track::behind(max(floors.one_to_one, position), view, own)];
        for span in self.active_groups(whose, view, max(floors.group, position), None).await? {
            let timeline = Timeline::Group(span.group);
            tracks.push(match span.last > view.settled() {
                true => Track::behind(span.after, view, timeline),
                false => {
                    let part = Part { after: span.after, up_to: span.last, strong: false };
                    Track { timeline, parts: vec![part] }
                }
            });
        }
        Ok(tracks)
    }

    /// The first messages of the timelines that wait, at least `most` unless there are fewer, or the call's bounds are reached.
    pub(super) async fn look(
        &self,
        whose: Whose<'_>,
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
        // What lies behind the end of one timeline's reads is left to the next page in all.
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

    /// What one timeline has. At least one read is made of each part, so that the walk goes on, and ends, whatever the bounds.
    async fn look_at(
        &self,
        whose: Whose<'_>,
        view: &View,
        track: Track,
        most: usize,
        first: usize,
        budget: &Budget,
    ) -> Result<Ahead, StoreError> {
        let Track { timeline, parts } = track;
        // The user's own messages are one timeline of many.
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
                // Where little of much waits, reads become longer.
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

    /// Moves the marks over what is done from the floors on. `begun` bounds them: groups that the user joined since were not looked at.
    pub(super) async fn move_marks_behind(
        &self,
        whose: Whose<'_>,
        view: &View,
        floors: Marks,
        found: &Found,
        begun: MessageId,
    ) {
        let mark = |of_group: bool| {
            let first = found.waiting.keys().find(|id| id.is_of_group() == of_group);
            first.map_or(found.up_to, |id| found.up_to.min(id.previous())).min(begun)
        };
        let group = if view.groups_complete { mark(true).max(floors.group) } else { view.floors.group };
        let marks = Marks { one_to_one: mark(false).max(floors.one_to_one), group }.later(view.floors);
        if marks != view.floors {
            self.save_marks(whose, view, marks).await;
        }
    }
}

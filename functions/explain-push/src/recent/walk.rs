//! The newest messages of all timelines below a point.
//!
//! It reads one chunk of each timeline, the one that may have the newest messages first. It stops when no timeline can
//! have another message for the page. A group whose head is older than the page is not read.

use std::{
    cmp::{Reverse, max, min},
    collections::BTreeMap,
    time::Duration,
};

use futures::{StreamExt, TryStreamExt, stream};
use shared::{
    domain::{
        id::{GroupId, MessageId, UserId},
        inbox::SETTLED_AFTER,
        message::{MessageType, OFFLINE_RETENTION},
        time::Timestamp,
    },
    offline::Budget,
    ports::{
        error::StoreError,
        timelines::{Chunk, Entry, Order, Span, Timeline},
    },
};

use super::{PARALLEL_READS, RecentMessages, Whose};

/// Minimum messages of a timeline in one read: eight of half a KB cost as much as one.
const MIN_CHUNK: usize = 8;
/// Maximum messages of a timeline in one read.
const MAX_CHUNK: usize = 100;

/// The part of a message that is shown.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Header {
    pub(super) msg_id: MessageId,
    pub(super) from: UserId,
    pub(super) group: Option<GroupId>,
    pub(super) kind: MessageType,
    pub(super) accepted_at: Timestamp,
}

/// The newest messages below a point.
pub(super) struct Below {
    /// the messages, the newest first
    pub(super) headers: Vec<Header>,
    /// the point below which more may follow
    pub(super) rest: Option<MessageId>,
}

/// A timeline with its unread part.
struct Track {
    timeline: Timeline,
    after: MessageId,
    up_to: MessageId,
    chunk: usize,
}

impl RecentMessages {
    /// Returns the newest `limit` messages up to `begin`. If the call reaches its bounds, it returns only those that
    /// are surely the newest. Every timeline is read so far that the next call begins lower.
    pub(super) async fn below(
        &self,
        whose: Whose<'_>,
        begin: MessageId,
        limit: usize,
        budget: &Budget,
    ) -> Result<Below, StoreError> {
        let mut tracks = self.tracks(whose, begin, limit).await?;
        let mut found: BTreeMap<MessageId, Header> = BTreeMap::new();
        loop {
            // One message more than the page shows that another page follows.
            let enough = found.keys().nth_back(limit).copied().unwrap_or(MessageId::MIN);
            tracks.retain(|track| max(track.after, enough) < track.up_to);
            tracks.sort_by_key(|track| Reverse(track.up_to));
            let Some(unread) = tracks.first().map(|track| track.up_to) else {
                return Ok(cut(found, limit, None));
            };
            if unread < begin && budget.is_spent() {
                found.retain(|msg_id, _| *msg_id > unread);
                return Ok(cut(found, limit, Some(unread)));
            }
            let round: Vec<Track> = tracks.drain(..tracks.len().min(PARALLEL_READS)).collect();
            for (track, chunk) in self.chunks(whose, round, budget).await? {
                budget.spend(chunk.entries.len());
                let before = found.len();
                found.extend(shown(whose.user, chunk.entries));
                // If none of many messages is for the user, the reads get longer.
                let factor = if found.len() > before { 1 } else { 2 };
                let rest = chunk.rest.map(MessageId::previous);
                let next = (track.chunk * factor).min(MAX_CHUNK);
                tracks.extend(rest.map(|up_to| Track { up_to, chunk: next, ..track }));
            }
        }
    }

    /// Returns the user's own two timelines and those of the user's groups that may have a message up to `begin`.
    async fn tracks(&self, whose: Whose<'_>, begin: MessageId, limit: usize) -> Result<Vec<Track>, StoreError> {
        let Whose { app, user, hidden_until } = whose;
        let now = self.clock.now();
        let hidden = max(hidden_until, now.minus(OFFLINE_RETENTION));
        let floor = MessageId::before(hidden.plus(Duration::from_millis(1)));
        let settled = MessageId::before(now.minus(SETTLED_AFTER));
        let memberships = self.memberships.groups_of(app, user).await?;
        let names: Vec<GroupId> = memberships.iter().map(|member| member.group.clone()).collect();
        let heads = self.memberships.heads(app, &names).await?;
        let mut tracks = vec![(Timeline::User(user.clone()), floor, begin)];
        for (member, head) in memberships.into_iter().zip(heads) {
            let after = max(floor, MessageId::before(member.joined_at));
            if let Some(head) = head.filter(|head| head.last > after) {
                // In a busy group, a message may have been sent since its head was read.
                let up_to = if head.last > settled { begin } else { min(begin, head.last) };
                tracks.push((Timeline::Group(member.group), after, up_to));
            }
        }
        tracks.retain(|(_, after, up_to)| after < up_to);
        let chunk = ((limit + 1) / tracks.len().max(1)).clamp(MIN_CHUNK, MAX_CHUNK);
        // Most users have no such pushes, so this timeline makes the reads of the others no shorter.
        if floor < begin {
            tracks.push((Timeline::InstantPushes(user.clone()), floor, begin));
        }
        Ok(tracks.into_iter().map(|(timeline, after, up_to)| Track { timeline, after, up_to, chunk }).collect())
    }

    async fn chunks(
        &self,
        whose: Whose<'_>,
        tracks: Vec<Track>,
        budget: &Budget,
    ) -> Result<Vec<(Track, Chunk)>, StoreError> {
        let reads = tracks.len();
        stream::iter(tracks)
            .map(|track| async move {
                let limit = budget.share(track.chunk, reads);
                let (after, up_to, order) = (track.after, track.up_to, Order::NewestFirst);
                let span = Span { after, up_to, order, limit, strong: false };
                let chunk = self.timelines.timeline(whose.app, &track.timeline, &span).await?;
                Ok((track, chunk))
            })
            .buffer_unordered(PARALLEL_READS)
            .try_collect()
            .await
    }
}

/// Returns the newest `limit` messages, and the point up to which others may follow, either found or unread.
fn cut(found: BTreeMap<MessageId, Header>, limit: usize, unread: Option<MessageId>) -> Below {
    let more = found.len() > limit;
    let headers: Vec<Header> = found.into_values().rev().take(limit).collect();
    let rest = if more { headers.last().map(|last| last.msg_id.previous()) } else { unread };
    Below { headers, rest }
}

/// Returns the messages of a timeline that the user receives: none of the user's own to a group, and none for other
/// members.
fn shown(user: &UserId, entries: Vec<Entry>) -> impl Iterator<Item = (MessageId, Header)> {
    let for_user = |entry: &Entry| {
        let named = entry.users.as_ref().is_none_or(|users| users.contains(user));
        named && !(entry.msg_id.is_of_group() && entry.content.from == *user)
    };
    entries.into_iter().filter(for_user).map(|Entry { msg_id, content, .. }| {
        let header = Header {
            msg_id,
            from: content.from,
            group: content.group,
            kind: content.kind,
            accepted_at: content.accepted_at,
        };
        (msg_id, header)
    })
}

//! The next messages of a walk, read from the older end: what earlier pages showed is not read again.

use std::{
    cmp::max,
    collections::{BTreeMap, BTreeSet},
};

use futures::{StreamExt, TryStreamExt, stream};

use super::{
    Cursor, OfflineStore, PARALLEL_READS,
    view::{Track, View, Whose},
};
use crate::{
    domain::{id::MessageId, message::Content},
    ports::{
        error::StoreError,
        timelines::{Entry, Order, Span, Timeline},
    },
};

impl OfflineStore {
    /// The messages behind the cursor. Groups that the user joined since the walk began are left to the next walk.
    pub(super) async fn next_page(
        &self,
        whose: Whose<'_>,
        cursor: &Cursor,
        limit: usize,
    ) -> Result<(BTreeMap<MessageId, Content>, Option<Cursor>), StoreError> {
        let view = self.view(whose, cursor.position).await?;
        let floors = cursor.floors.later(view.floors);
        let after = |floor: MessageId| max(floor, cursor.position);
        let own = Timeline::User(whose.user.clone());
        let mut tracks = vec![Track { timeline: own, after: after(floors.one_to_one), last: MessageId::MAX }];
        if cursor.has_groups() {
            let groups = self.groups(whose, after(floors.group)).await?;
            let groups = groups.into_iter().filter(|(group, _)| cursor.names(group));
            let track = |(group, after)| Track { timeline: Timeline::Group(group), after, last: MessageId::MAX };
            tracks.extend(groups.map(track));
        }
        let (seen, strong) = (&view, cursor.strong);
        let read: Vec<Vec<Entry>> = stream::iter(tracks)
            .map(|track| async move { self.oldest(whose, seen, &track, limit + 1, strong).await })
            .buffer_unordered(PARALLEL_READS)
            .try_collect()
            .await?;

        let mut page: BTreeMap<MessageId, Content> =
            read.into_iter().flatten().map(|entry| (entry.msg_id, entry.content)).collect();
        let rest = page.keys().nth(limit).copied().map_or_else(BTreeMap::new, |first| page.split_off(&first));
        let last = page.keys().next_back().filter(|_| !rest.is_empty());
        let groups: BTreeSet<_> = rest.values().filter_map(|content| content.group.as_ref()).collect();
        let next = last.map(|last| Cursor::new(whose.app, whose.user, floors, *last, cursor.strong, groups));
        Ok((page, next))
    }

    /// The first messages of a timeline that wait, at least `most` unless there are fewer.
    async fn oldest(
        &self,
        whose: Whose<'_>,
        view: &View,
        track: &Track,
        most: usize,
        strong: bool,
    ) -> Result<Vec<Entry>, StoreError> {
        let settled = view.settled();
        let spans = match &track.timeline {
            Timeline::User(_) => {
                vec![(track.after, settled, false), (track.after.max(settled), MessageId::MAX, true)]
            }
            Timeline::Group(_) => vec![(track.after, MessageId::MAX, strong)],
        };
        let mut found = Vec::new();
        for (begin, up_to, strong) in spans {
            let mut after = Some(begin).filter(|begin| *begin < up_to);
            while let Some(behind) = after.filter(|_| found.len() < most) {
                let span = Span { after: behind, up_to, order: Order::OldestFirst, limit: most, strong };
                let chunk = self.timelines.timeline(whose.app, &track.timeline, &span).await?;
                found.extend(chunk.entries.into_iter().filter(|entry| view.waits(whose.user, entry)));
                after = chunk.rest;
            }
        }
        Ok(found)
    }
}

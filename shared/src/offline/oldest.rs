//! Reads the next page of a walk from the older end, so that no page is read twice.

use std::{cmp::max, collections::BTreeMap};

use super::{
    Cursor, ENOUGH_DONE, OfflineStore,
    ahead::{Found, Track},
    cursor::{Floors, Left},
    view::{AppUser, View},
};
use crate::{
    domain::{id::MessageId, inbox::Marks, message::Content},
    ports::{
        error::StoreError,
        timelines::{Order, Timeline},
    },
};

impl OfflineStore {
    /// Returns the messages after the cursor. Groups that the user joined after the walk began wait for the next walk.
    pub(super) async fn next_page(
        &self,
        whose: AppUser<'_>,
        cursor: &Cursor,
        limit: usize,
    ) -> Result<(BTreeMap<MessageId, Content>, Option<Cursor>), StoreError> {
        let mut view = self.view(whose, cursor.position, Order::OldestFirst).await?;
        let Floors { marks, pushes } = cursor.floors;
        view.pushes_after = pushes;
        let floors = marks.later(view.floors);
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
        let floors = Floors { marks: floors, pushes };
        Ok((page, position.map(|position| Cursor::new(whose.app, whose.user, floors, position, left))))
    }

    /// Returns the user's own messages, and the groups in which the first page found messages.
    async fn known_tracks(
        &self,
        whose: AppUser<'_>,
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
            tracks.extend(
                groups.map(|(group, after)| Track::span(after, MessageId::MAX, strong, Timeline::Group(group))),
            );
        }
        Ok(tracks)
    }

    /// Returns the user's own messages, and all groups with a message after `position`.
    pub(super) async fn all_tracks(
        &self,
        whose: AppUser<'_>,
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
                false => Track::span(span.after, span.last, false, timeline),
            });
        }
        Ok(tracks)
    }

    /// Moves the marks from the floors over messages that are done, at most up to `begun`: groups joined later were not
    /// read.
    pub(super) async fn move_marks_behind(
        &self,
        whose: AppUser<'_>,
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

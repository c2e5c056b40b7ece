//! The offline store: messages that wait for a user, and the user's acknowledgements.
//!
//! One-to-one messages are stored under their receiver, group messages under their group. A message waits until it is
//! acknowledged, for at most 7 days from the time in its id. Messages are not stored in the order of their ids. So an
//! acknowledgement covers single messages, and [`Marks`] stay a minute behind the present.
//!
//! | file | holds |
//! |---|---|
//! | `view` | a call's facts: marks, acknowledgements, groups |
//! | `newest` | everything that waits, up to the store's maximum |
//! | `oldest` | the next messages of a walk through the pages |
//! | `ahead` | reads timelines from their older ends |
//! | `bounds` | how much a call reads |
//! | `cursor` | where the next page begins |
//! | `acknowledge` | acknowledgements that read all that waits |
//! | `named` | acknowledgements of a few messages by their ids |
//! | `walks` | ids that earlier calls already searched for |

mod acknowledge;
mod ahead;
mod bounds;
mod cursor;
mod message;
mod named;
mod newest;
mod oldest;
#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;
mod view;
mod walks;

use std::{collections::BTreeMap, sync::Arc};

pub use self::{
    bounds::{Bounds, Budget},
    cursor::Cursor,
    message::{ChatType, OfflineMessage},
    named::Named,
    walks::{MAX_IN_VAIN, Walks},
};
use self::{
    cursor::{Floors, Left},
    newest::{Kept, Waiting},
    view::{AppUser, View},
};
use crate::{
    domain::{
        id::{AppKey, MessageId, UserId},
        inbox::Marks,
        message::Content,
    },
    name_ports,
    ports::{
        acks::AcknowledgeMessages,
        clock::Clock,
        erasure::{ReadVisibleSince, VisibleSince},
        error::StoreError,
        groups::ReadMemberships,
        inbox::TrackInbox,
        messages::FindStored,
        timelines::{Order, ReadTimeline},
    },
};

/// Maximum messages of a page.
pub const MAX_PAGE: usize = 100;
/// Messages done that a call meets before it moves the marks. One write costs as much as twenty small reads.
const ENOUGH_DONE: usize = 25;
/// Timelines that are read in parallel.
const PARALLEL_READS: usize = 16;

/// The offline store of all users.
#[derive(Clone)]
pub struct OfflineStore {
    /// messages
    pub timelines: Arc<dyn ReadTimeline>,
    /// whether single messages are stored
    pub stored: Arc<dyn FindStored>,
    /// acknowledgements of users
    pub acks: Arc<dyn AcknowledgeMessages>,
    /// marks of users
    pub inbox: Arc<dyn TrackInbox>,
    /// which groups users are in
    pub memberships: Arc<dyn ReadMemberships>,
    /// the time from which messages belong to a user
    pub visible_since: Arc<dyn ReadVisibleSince>,
    /// how much a call reads
    pub bounds: Bounds,
    /// tells the time
    pub clock: Arc<dyn Clock>,
}

name_ports! { OfflineStore { timelines, stored, acks, inbox, memberships, visible_since, clock } without { bounds } }

/// Parameters of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// maximum messages, 1 to [`MAX_PAGE`]
    pub limit: usize,
    /// the cursor of the previous page
    pub cursor: Option<Cursor>,
    /// the client has all group messages before this one, so groups without a later message are skipped
    pub since: Option<MessageId>,
}

/// A page of waiting messages, the oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct OfflinePage {
    /// the messages; may be empty with a cursor, if the call read only messages that do not wait
    pub messages: Vec<OfflineMessage>,
    /// where the next page begins, if there is one
    pub cursor: Option<Cursor>,
}

impl OfflineStore {
    /// Returns a store for one user's call that has already read when the user's messages begin.
    pub fn with_visible_since(&self, known: Option<VisibleSince>) -> Self {
        match known {
            Some(beginning) => Self { visible_since: Arc::new(beginning), ..self.clone() },
            None => self.clone(),
        }
    }

    /// Returns the next page of waiting messages. A message stored during the walk may be missing until the next walk.
    pub async fn page(&self, app: &AppKey, user: &UserId, request: &PageRequest) -> Result<OfflinePage, StoreError> {
        let whose = AppUser { app, user };
        let (messages, cursor) = match &request.cursor {
            Some(cursor) => self.next_page(whose, cursor, request.limit).await?,
            None => self.first_page(whose, request).await?,
        };
        let messages = messages.into_iter().map(|(id, content)| OfflineMessage::new(user, id, content)).collect();
        Ok(OfflinePage { messages, cursor })
    }

    async fn first_page(
        &self,
        whose: AppUser<'_>,
        request: &PageRequest,
    ) -> Result<(BTreeMap<MessageId, Content>, Option<Cursor>), StoreError> {
        let view = self.view(whose, MessageId::MIN, Order::NewestFirst).await?;
        let Waiting { one_to_one, of_groups } = self.waiting(whose, &view, request.since).await?;
        self.move_marks(whose, &view, &one_to_one, &of_groups, 1).await;
        let marks = Marks { one_to_one: one_to_one.floor(), group: of_groups.floor() };
        let floors = Floors { marks, pushes: one_to_one.last_dropped_push };
        if one_to_one.bounded || of_groups.bounded {
            // More waits than one call reads. So the walk begins with the oldest message, and reads all groups.
            let left = Left::All { begun: view.settled(), clean: true };
            let cursor = Cursor::new(whose.app, whose.user, floors, MessageId::MIN, left);
            return Ok((BTreeMap::new(), Some(cursor)));
        }
        let strong = of_groups.waiting.keys().next_back().is_some_and(|newest| *newest > view.settled());
        let mut page = one_to_one.waiting;
        page.extend(of_groups.waiting);
        let rest = match page.keys().nth(request.limit).copied() {
            Some(first) => page.split_off(&first),
            None => BTreeMap::new(),
        };
        let groups = rest.values().filter_map(|content| content.group.as_ref());
        let cursor = page.keys().next_back().filter(|_| !rest.is_empty());
        let left = Left::known(strong, groups);
        let cursor = cursor.map(|last| Cursor::new(whose.app, whose.user, floors, *last, left));
        Ok((page, cursor))
    }

    /// Counts the messages that wait for the user. If more wait than one call reads, returns the number of the newest
    /// ones.
    pub async fn count(&self, app: &AppKey, user: &UserId) -> Result<usize, StoreError> {
        let whose = AppUser { app, user };
        let view = self.view(whose, MessageId::MIN, Order::NewestFirst).await?;
        let Waiting { one_to_one, of_groups } = self.waiting(whose, &view, None).await?;
        self.move_marks(whose, &view, &one_to_one, &of_groups, ENOUGH_DONE).await;
        Ok(one_to_one.waiting.len() + of_groups.waiting.len())
    }

    /// Returns whether the message waits for the user: it is stored, not acknowledged, not dropped and not expired.
    pub async fn waits(&self, app: &AppKey, user: &UserId, id: MessageId) -> Result<bool, StoreError> {
        let whose = AppUser { app, user };
        let view = self.view(whose, MessageId::MIN, Order::NewestFirst).await?;
        if view.floors.cover(id) || view.acked.contains(&id) {
            return Ok(false);
        }
        let budget = self.budget(&view);
        let kept = match id.is_of_group() {
            true => self.newest_of_groups(whose, &view, None, &budget).await?,
            false => self.newest_of_user(whose, &view, &budget).await?,
        };
        match kept.bounded {
            true => Ok(!self.find(whose, &view, &[id]).await?.is_empty()),
            false => Ok(kept.waiting.contains_key(&id)),
        }
    }

    async fn waiting(&self, whose: AppUser<'_>, view: &View, since: Option<MessageId>) -> Result<Waiting, StoreError> {
        let budget = self.budget(view);
        let (one_to_one, of_groups) = futures::try_join!(
            self.newest_of_user(whose, view, &budget),
            self.newest_of_groups(whose, view, since, &budget)
        )?;
        Ok(Waiting { one_to_one, of_groups })
    }

    fn budget(&self, view: &View) -> Budget {
        Budget::new(self.bounds, view.now, self.clock.clone())
    }

    /// Moves the marks to just before the oldest waiting message, if later calls then read at least `enough` messages
    /// less. A failure is ignored: old marks cost reads, but lose no message.
    async fn move_marks(&self, whose: AppUser<'_>, view: &View, one_to_one: &Kept, of_groups: &Kept, enough: usize) {
        let settled = view.settled();
        let marks = Marks { one_to_one: one_to_one.mark(settled), group: of_groups.mark(settled) }.later(view.floors);
        let spared = one_to_one.spared(marks.one_to_one) + of_groups.spared(marks.group);
        let dropped = one_to_one.dropped && view.floors.one_to_one < marks.one_to_one
            || of_groups.dropped && view.floors.group < marks.group;
        if spared < enough && !dropped {
            return;
        }
        self.save_marks(whose, view, marks).await;
    }

    async fn save_marks(&self, whose: AppUser<'_>, view: &View, marks: Marks) {
        if let Err(error) = self.try_move_marks(whose, view, marks).await {
            tracing::warn!(app = %whose.app, error = error.chain(), "the marks of an inbox cannot be moved");
        }
    }

    async fn try_move_marks(&self, whose: AppUser<'_>, view: &View, marks: Marks) -> Result<(), StoreError> {
        if let Some(id) = view.older.filter(|id| !marks.cover(*id)) {
            // Once marks are stored, nobody reads an older version's mark.
            self.acks.acknowledge(whose.app, whose.user, &[id]).await?;
        }
        self.inbox.move_marks(whose.app, whose.user, marks, view.now).await
    }
}

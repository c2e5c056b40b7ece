//! The offline store: what waits for a user, and what the user has received of it.
//!
//! One-to-one messages stand under their receiver, group messages under their group. A message waits from the time of its id for 7
//! days, until it is acknowledged. Ids are not stored in their order, so nothing follows from a later one: each acknowledgement is of
//! single messages, and [`Marks`] stay a minute behind.
//!
//! | file | holds |
//! |---|---|
//! | `view` | what a call goes by: marks, acknowledgements, groups |
//! | `newest` | everything that waits, as far as the store is good for |
//! | `oldest` | the next messages of a walk |
//! | `ahead` | what timelines have from their older ends on |
//! | `bounds` | how much a call looks at |
//! | `cursor` | where a walk goes on |
//! | `acknowledge` | acknowledgements with a look at all that waits |
//! | `named` | acknowledgements of a few messages by their ids |
//! | `walks` | which ids were looked for among all that waits |

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
    cursor::Left,
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
/// How many messages that are done a call may meet before it moves the marks. A write costs as much as twenty small reads.
const ENOUGH_DONE: usize = 25;
/// How many timelines are read at once.
const PARALLEL_READS: usize = 16;

/// What waits for users.
#[derive(Clone)]
pub struct OfflineStore {
    /// messages
    pub timelines: Arc<dyn ReadTimeline>,
    /// whether single messages are stored
    pub stored: Arc<dyn FindStored>,
    /// what users acknowledged
    pub acks: Arc<dyn AcknowledgeMessages>,
    /// up to where users are done
    pub inbox: Arc<dyn TrackInbox>,
    /// which groups users are in
    pub memberships: Arc<dyn ReadMemberships>,
    /// since when messages are a user's
    pub visible_since: Arc<dyn ReadVisibleSince>,
    /// how much a call looks at
    pub bounds: Bounds,
    /// the time
    pub clock: Arc<dyn Clock>,
}

name_ports! { OfflineStore { timelines, stored, acks, inbox, memberships, visible_since, clock } without { bounds } }

/// Which messages are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// at most so many, 1 to [`MAX_PAGE`]
    pub limit: usize,
    /// where the page before ended
    pub cursor: Option<Cursor>,
    /// the client has what was sent to groups before this message. Groups with nothing later are skipped
    pub since: Option<MessageId>,
}

/// Some of what waits, the oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct OfflinePage {
    /// the messages; none, with a cursor, if a call looked at what does not wait
    pub messages: Vec<OfflineMessage>,
    /// where the next page begins, if there is one
    pub cursor: Option<Cursor>,
}

impl OfflineStore {
    /// The same for one user's call that has read the beginning already.
    pub fn with_visible_since(&self, known: Option<VisibleSince>) -> Self {
        match known {
            Some(beginning) => Self { visible_since: Arc::new(beginning), ..self.clone() },
            None => self.clone(),
        }
    }

    /// The next messages that wait for the user. What is stored while the user turns pages may come with a later walk.
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
        let floors = Marks { one_to_one: one_to_one.floor(), group: of_groups.floor() };
        if one_to_one.bounded || of_groups.bounded {
            // The newest of many are known. The walk begins with the oldest, and looks at all groups.
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

    /// How many messages wait for the user. Of a user for whom there is more than a call looks at: how many of the newest.
    pub async fn count(&self, app: &AppKey, user: &UserId) -> Result<usize, StoreError> {
        let whose = AppUser { app, user };
        let view = self.view(whose, MessageId::MIN, Order::NewestFirst).await?;
        let Waiting { one_to_one, of_groups } = self.waiting(whose, &view, None).await?;
        self.move_marks(whose, &view, &one_to_one, &of_groups, ENOUGH_DONE).await;
        Ok(one_to_one.waiting.len() + of_groups.waiting.len())
    }

    /// Whether the message waits for the user. What is acknowledged, dropped, expired or unknown does not.
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

    /// Moves the marks to below the oldest message that waits, if that spares later calls at least `enough` messages. Marks that stay
    /// behind cost a read and no message, so a call does not fail for them.
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
            // Once there are marks, an older version's is not read any more.
            self.acks.acknowledge(whose.app, whose.user, &[id]).await?;
        }
        self.inbox.move_marks(whose.app, whose.user, marks, view.now).await
    }
}

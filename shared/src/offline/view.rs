//! The facts of a call: the user's marks, acknowledgements and groups.

use std::{cmp::max, collections::BTreeSet};

use super::OfflineStore;
use crate::{
    domain::{
        id::{AppKey, GroupId, MessageId, UserId},
        inbox::{Marks, SETTLED_AFTER},
        message::OFFLINE_RETENTION,
        time::Timestamp,
    },
    ports::{
        acks::{AckSpan, Acks},
        error::StoreError,
        timelines::{Entry, Order},
    },
};

/// A user of an app.
#[derive(Debug, Clone, Copy)]
pub(super) struct AppUser<'a> {
    pub(super) app: &'a AppKey,
    pub(super) user: &'a UserId,
}

/// The facts of one call.
#[derive(Debug)]
pub(super) struct View {
    /// when the call began
    pub(super) now: Timestamp,
    /// no message up to these waits
    pub(super) floors: Marks,
    /// the acknowledged messages after the floors, as far as they were read
    pub(super) acked: BTreeSet<MessageId>,
    /// acknowledgements were read of messages after this one
    pub(super) known_after: MessageId,
    /// and up to this one
    pub(super) known_up_to: MessageId,
    /// no instant push up to this one waits
    pub(super) pushes_after: MessageId,
    /// the message that an older version's mark names
    pub(super) older: Option<MessageId>,
    /// whether all of the user's groups are known, and the newest message of each
    pub(super) groups_complete: bool,
}

/// A group, with the span of messages that may be the user's.
#[derive(Debug, Clone)]
pub(super) struct GroupSpan {
    pub(super) group: GroupId,
    /// only messages after this one
    pub(super) after: MessageId,
    /// no unread message is later than this one
    pub(super) last: MessageId,
}

impl View {
    /// Returns the message up to which everything is stored in every replica of the table.
    pub(super) fn settled(&self) -> MessageId {
        MessageId::before(self.now.minus(SETTLED_AFTER))
    }

    /// Returns whether a message in one of the user's timelines waits for the user.
    pub(super) fn waits(&self, user: &UserId, entry: &Entry) -> bool {
        let for_user = entry.users.as_ref().is_none_or(|users| users.contains(user));
        let own = entry.msg_id.is_of_group() && entry.content.from == *user;
        let dropped = entry.content.instant.is_some() && entry.msg_id <= self.pushes_after;
        for_user && !own && !dropped && !self.acked.contains(&entry.msg_id)
    }
}

impl OfflineStore {
    /// Reads the user's facts about messages after `after`. Of many acknowledgements it reads those at one end.
    pub(super) async fn view(&self, whose: AppUser<'_>, after: MessageId, order: Order) -> Result<View, StoreError> {
        let AppUser { app, user } = whose;
        let now = self.clock.now();
        let (marks, beginning) =
            futures::try_join!(self.inbox.marks(app, user), self.visible_since.visible_since(app, user))?;
        let begun = beginning.at.map_or(Marks::NONE, Marks::before);
        let kept = Marks::before(now.minus(OFFLINE_RETENTION));
        let mut floors = kept.later(begun).later(marks.unwrap_or(Marks::NONE));
        let older = match marks {
            Some(_) => None,
            None => self.acks.older_mark(app, user).await?,
        };
        if let Some(mark) = older {
            floors.one_to_one = max(floors.one_to_one, mark.end());
        }
        let behind = max(after, floors.one_to_one.min(floors.group));
        let span = AckSpan { after: behind, up_to: MessageId::MAX, order, limit: self.bounds.rows };
        let Acks { ids: mut acked, rest } = self.acks.acknowledged(app, user, &span).await?;
        let older = older.map(|mark| mark.0);
        acked.extend(older);
        let (known_after, known_up_to) = match (order, rest) {
            (_, None) => (MessageId::MIN, MessageId::MAX),
            (Order::NewestFirst, Some(last)) => (last.previous(), MessageId::MAX),
            (Order::OldestFirst, Some(last)) => (MessageId::MIN, last),
        };
        let (pushes_after, groups_complete) = (MessageId::MIN, beginning.groups_complete);
        Ok(View { now, floors, acked, known_after, known_up_to, pushes_after, older, groups_complete })
    }

    /// Returns the user's groups with a message after both `floor` and `since`.
    pub(super) async fn active_groups(
        &self,
        whose: AppUser<'_>,
        view: &View,
        floor: MessageId,
        since: Option<MessageId>,
    ) -> Result<Vec<GroupSpan>, StoreError> {
        let mut groups = self.groups(whose, floor).await?;
        let names: Vec<GroupId> = groups.iter().map(|(group, _)| group.clone()).collect();
        let heads = self.memberships.heads(whose.app, &names).await?;
        // A message stored before `since` has an id that is at most this much older.
        let since = since.map_or(MessageId::MIN, |id| MessageId::before(id.accepted_at().minus(SETTLED_AFTER)));
        let mut spans = Vec::new();
        for ((group, after), head) in groups.drain(..).zip(heads) {
            if let Some(head) = head.filter(|head| head.last > after && head.last > since) {
                // In a busy group, a message may have been sent since its head was read.
                let last = if head.last > view.settled() { MessageId::MAX } else { head.last };
                spans.push(GroupSpan { group, after, last });
            }
        }
        Ok(spans)
    }

    /// Returns the user's groups, each with the message after which messages belong to the user.
    pub(super) async fn groups(
        &self,
        whose: AppUser<'_>,
        floor: MessageId,
    ) -> Result<Vec<(GroupId, MessageId)>, StoreError> {
        let memberships = self.memberships.groups_of(whose.app, whose.user).await?;
        let joined = |at| max(floor, MessageId::before(at));
        Ok(memberships.into_iter().map(|member| (member.group, joined(member.joined_at))).collect())
    }
}

//! What a call goes by: how far the user is done, what is acknowledged, and which groups the user is in.

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

/// How far the user is done.
#[derive(Debug)]
pub(super) struct View {
    /// when the call began
    pub(super) now: Timestamp,
    /// nothing up to here waits
    pub(super) floors: Marks,
    /// what is acknowledged behind the floors, as far as it is known
    pub(super) acked: BTreeSet<MessageId>,
    /// acknowledgements are known of messages behind this one
    pub(super) known_after: MessageId,
    /// and up to this one
    pub(super) known_up_to: MessageId,
    /// the message that an older version's mark names
    pub(super) older: Option<MessageId>,
    /// whether all of the user's groups are known, and what is new in them
    pub(super) groups_complete: bool,
}

/// A group with the messages of it that may be the user's.
#[derive(Debug, Clone)]
pub(super) struct GroupSpan {
    pub(super) group: GroupId,
    /// only messages behind this one
    pub(super) after: MessageId,
    /// no message that is still to be read is later
    pub(super) last: MessageId,
}

impl View {
    /// Everything up to here is stored, and every copy of the table has it.
    pub(super) fn settled(&self) -> MessageId {
        MessageId::before(self.now.minus(SETTLED_AFTER))
    }

    /// Whether a message that stands in one of the user's timelines waits for the user.
    pub(super) fn waits(&self, user: &UserId, entry: &Entry) -> bool {
        let for_user = entry.users.as_ref().is_none_or(|users| users.contains(user));
        let own = entry.msg_id.is_of_group() && entry.content.from == *user;
        for_user && !own && !self.acked.contains(&entry.msg_id)
    }
}

impl OfflineStore {
    /// What is known of the user's messages behind `after`. Of many acknowledgements those at one end are read.
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
        Ok(View { now, floors, acked, known_after, known_up_to, older, groups_complete: beginning.groups_complete })
    }

    /// The user's groups with something behind `floor`, and behind `since`.
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
        // What was stored before `since` got its id at most so much earlier.
        let since = since.map_or(MessageId::MIN, |id| MessageId::before(id.accepted_at().minus(SETTLED_AFTER)));
        let mut spans = Vec::new();
        for ((group, after), head) in groups.drain(..).zip(heads) {
            if let Some(head) = head.filter(|head| head.last > after && head.last > since) {
                // To a busy group somebody may have sent since its head was read.
                let last = if head.last > view.settled() { MessageId::MAX } else { head.last };
                spans.push(GroupSpan { group, after, last });
            }
        }
        Ok(spans)
    }

    /// The user's groups, and behind which message of theirs messages are the user's.
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

//! Messages that are named by their ids: each is looked up by itself, without a look at all that waits.
//!
//! So connections acknowledge, a message or a few at a time.

use std::{collections::BTreeSet, time::Duration};

use futures::{StreamExt, TryStreamExt, stream};

use super::{
    OfflineStore, PARALLEL_READS,
    bounds::Budget,
    view::{AppUser, View},
    walks::{Known, Seen, Walks},
};
use crate::{
    domain::{
        ack::Ack,
        id::{AppKey, GroupId, MessageId, UserId},
        message::{OFFLINE_RETENTION, Receiver},
    },
    ports::{
        acks::AckSpan,
        error::StoreError,
        timelines::{Order, Span, Timeline},
    },
};

/// How old an id is at least that fits one of the user's groups by chance and is looked for among all that waits. A younger one may be of a
/// message that is not kept, as typing is, and those come by the dozen; a client that gets the message again acknowledges it again.
///
/// What the version before named is over once [`OFFLINE_RETENTION`] has passed since the upgrade: the version after this one needs no look
/// at all that waits.
const SAID_AGAIN: Duration = Duration::from_secs(600);

/// What became of ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// how many of them are of messages that the user can have
    pub acked: usize,
    /// whether the others are of none. Else too many unknown ids were looked for, and they are to be named again
    pub complete: bool,
}

impl OfflineStore {
    /// Keeps that the user received these messages. Ids that are of no message that the user can have change nothing. An acknowledgement
    /// may be kept of a message that waits no more, or that was for other members of the user's group.
    pub async fn acknowledge_named(
        &self,
        app: &AppKey,
        user: &UserId,
        ids: &BTreeSet<MessageId>,
        walks: &Walks,
    ) -> Result<Named, StoreError> {
        let whose = AppUser { app, user };
        let now = self.clock.now();
        let kept = ids.iter().copied().filter(|id| now < id.accepted_at().plus(OFFLINE_RETENTION));
        let (of_groups, single): (BTreeSet<_>, BTreeSet<_>) = kept.partition(|id| id.is_of_group());
        let of_groups = self.of_groups(whose, of_groups, walks);
        let (single, (of_groups, complete)) = futures::try_join!(self.own(whose, single), of_groups)?;
        let taken: Vec<MessageId> = single.into_iter().chain(of_groups).collect();
        if !taken.is_empty() {
            self.acks.acknowledge(app, user, &taken).await?;
        }
        Ok(Named { acked: taken.len(), complete })
    }

    /// Those of the ids under which the user got a message.
    async fn own(&self, whose: AppUser<'_>, ids: BTreeSet<MessageId>) -> Result<BTreeSet<MessageId>, StoreError> {
        let asked: Vec<Receiver> =
            ids.into_iter().map(|msg_id| Receiver { user: whose.user.clone(), msg_id }).collect();
        if asked.is_empty() {
            return Ok(BTreeSet::new());
        }
        let stored = self.stored.stored(whose.app, &asked).await?;
        Ok(asked.iter().zip(stored).filter(|(_, stored)| *stored).map(|(asked, _)| asked.msg_id).collect())
    }

    /// Those of the ids under which a group of the user's got a message. An id says which few groups those can be. One that fits none, or
    /// fits by chance, may be of the version before, and counts if it waits; `false` if no look was made for it.
    async fn of_groups(
        &self,
        whose: AppUser<'_>,
        ids: BTreeSet<MessageId>,
        walks: &Walks,
    ) -> Result<(BTreeSet<MessageId>, bool), StoreError> {
        if ids.is_empty() {
            return Ok((ids, true));
        }
        let memberships = self.memberships.groups_of(whose.app, whose.user).await?;
        let fitting = |id: &MessageId| -> Vec<(GroupId, MessageId)> {
            let groups = memberships.iter().filter(|member| id.may_be_for(&member.group));
            groups.map(|member| (member.group.clone(), *id)).collect()
        };
        let asked: Vec<(GroupId, MessageId)> = ids.iter().flat_map(fitting).collect();
        let stored = match asked.is_empty() {
            true => Vec::new(),
            false => self.stored.stored_for_groups(whose.app, &asked).await?,
        };
        let mut found: BTreeSet<MessageId> =
            asked.iter().zip(stored).filter(|(_, stored)| *stored).map(|((_, id), _)| *id).collect();
        let now = self.clock.now();
        let fits = |id: &MessageId| asked.iter().any(|(_, asked)| asked == id);
        let by_chance = |id: &MessageId| id.accepted_at().plus(SAID_AGAIN) <= now;
        let unknown = ids.into_iter().filter(|id| !found.contains(id));
        let older: BTreeSet<MessageId> = unknown.filter(|id| !fits(id) || by_chance(id)).collect();
        if older.is_empty() || memberships.is_empty() {
            return Ok((found, true));
        }
        let Known { waiting, unknown, after, exhausted } = walks.begin(whose, older, now);
        found.extend(waiting);
        match unknown.is_empty() {
            false if exhausted => return Ok((found, false)),
            false => found.extend(self.look_for(whose, after, unknown, walks).await?),
            true => {}
        }
        Ok((found, true))
    }

    /// Those of the ids under which a group message behind `after` waits.
    async fn look_for(
        &self,
        whose: AppUser<'_>,
        after: MessageId,
        ids: BTreeSet<MessageId>,
        walks: &Walks,
    ) -> Result<Vec<MessageId>, StoreError> {
        let mut view = self.view(whose, after, Order::NewestFirst).await?;
        view.floors.group = view.floors.group.max(after);
        let budget = self.budget(&view);
        let mut kept = self.newest_of_groups(whose, &view, None, &budget).await?;
        let is_named = |id: &MessageId, group: &Option<GroupId>| group.as_ref().is_some_and(|one| id.may_be_for(one));
        let unnamed = kept.waiting.iter().filter(|(id, content)| !is_named(id, &content.group));
        let waiting = unnamed.map(|(id, _)| *id).collect();
        // Of more than the store is good for, those that are dropped wait as soon as later ones are acknowledged.
        let up_to = (kept.is_whole() && !kept.dropped).then(|| view.settled());
        let taken = kept.take(&Ack::Messages(ids));
        walks.remember(whose, Seen { after, up_to, waiting, found: !taken.is_empty() });
        Ok(taken)
    }

    /// Those of the messages that wait for the user, however much else does.
    pub(super) async fn find(
        &self,
        whose: AppUser<'_>,
        view: &View,
        ids: &[MessageId],
    ) -> Result<Vec<MessageId>, StoreError> {
        let groups = match ids.iter().any(|id| id.is_of_group()) {
            true => self.groups(whose, view.floors.group).await?,
            false => Vec::new(),
        };
        let (groups, budget) = (&groups, &self.budget(view));
        let found: Vec<Option<MessageId>> = stream::iter(ids.iter().copied())
            .map(|id| async move {
                Ok::<_, StoreError>(self.waits_in(whose, view, id, groups, budget).await?.then_some(id))
            })
            .buffer_unordered(PARALLEL_READS)
            .try_collect()
            .await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn waits_in(
        &self,
        whose: AppUser<'_>,
        view: &View,
        id: MessageId,
        groups: &[(GroupId, MessageId)],
        budget: &Budget,
    ) -> Result<bool, StoreError> {
        if view.floors.cover(id) || view.acked.contains(&id) {
            return Ok(false);
        }
        let (after, up_to, order) = (id.previous(), id, Order::OldestFirst);
        let acked = AckSpan { after, up_to, order, limit: 1 };
        if !self.acks.acknowledged(whose.app, whose.user, &acked).await?.ids.is_empty() {
            return Ok(false);
        }
        let timelines = match id.is_of_group() {
            true => groups_of(id, groups, budget),
            false => vec![Timeline::User(whose.user.clone())],
        };
        for timeline in timelines {
            let span = Span { after, up_to, order, limit: 1, strong: true };
            let chunk = self.timelines.timeline(whose.app, &timeline, &span).await?;
            budget.spend(1);
            if chunk.entries.iter().any(|entry| view.waits(whose.user, entry)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The user's groups that may have the message: those that its id points to. An id that a version before gave points to none; then all of
/// them, as far as the call's bounds allow.
fn groups_of(id: MessageId, groups: &[(GroupId, MessageId)], budget: &Budget) -> Vec<Timeline> {
    let joined = groups.iter().filter(|(_, after)| *after < id).map(|(group, _)| group);
    let fitting: Vec<&GroupId> = joined.clone().filter(|group| id.may_be_for(group)).collect();
    let chosen = if fitting.is_empty() { joined.take(budget.share(usize::MAX, 1)).collect() } else { fitting };
    chosen.into_iter().map(|group| Timeline::Group(group.clone())).collect()
}

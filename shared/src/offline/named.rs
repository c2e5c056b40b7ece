//! Acknowledgements of single messages by their ids, without a read of all that waits.
//!
//! Connections acknowledge this way, one message or a few at a time.

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

/// Minimum age of an id that fits one of the user's groups by chance and is searched for in all that waits. A younger
/// one may be of a message that is not stored, such as a typing notification; these are frequent. A client that gets
/// the message again acknowledges it again.
///
/// Ids of earlier versions expire [`OFFLINE_RETENTION`] after the upgrade. The next version needs no such search.
const SAID_AGAIN: Duration = Duration::from_secs(600);

/// The result of an acknowledgement by ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// those of the ids
    pub ids: Vec<MessageId>,
    /// how many of the ids are of messages that the user can have
    pub acked: usize,
    /// whether the other ids are unknown for sure; `false` if too many unknown ids were searched for, and the caller
    /// must repeat them
    pub complete: bool,
}

impl OfflineStore {
    /// Stores that the user received these messages. Ids of messages that the user cannot have change nothing. The
    /// acknowledgement may also cover a message that no longer waits, or that was for other members of the user's
    /// group.
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
        Ok(Named { acked: taken.len(), ids: taken, complete })
    }

    /// Returns those ids under which the user got a one-to-one message.
    async fn own(&self, whose: AppUser<'_>, ids: BTreeSet<MessageId>) -> Result<BTreeSet<MessageId>, StoreError> {
        let asked: Vec<Receiver> =
            ids.into_iter().map(|msg_id| Receiver { user: whose.user.clone(), msg_id }).collect();
        if asked.is_empty() {
            return Ok(BTreeSet::new());
        }
        let stored = self.stored.stored(whose.app, &asked).await?;
        Ok(asked.iter().zip(stored).filter(|(_, stored)| *stored).map(|(asked, _)| asked.msg_id).collect())
    }

    /// Returns those ids under which one of the user's groups got a message. An id points to the few groups that can
    /// have it. An id that points to none, or to one by chance, may come from an earlier version. Such an id counts if
    /// its message waits. The second value is `false` if a search was needed and not made.
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

    /// Returns those ids under which a group message after `after` waits.
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
        // If the store drops messages, they wait again as soon as later ones are acknowledged.
        let up_to = (kept.is_whole() && !kept.dropped).then(|| view.settled());
        let taken = kept.take(&Ack::Messages(ids));
        walks.remember(whose, Seen { after, up_to, waiting, found: !taken.is_empty() });
        Ok(taken)
    }

    /// Returns those messages that wait for the user, however many others wait.
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

/// Returns the user's groups to which the id points. An id of an earlier version points to none. Then it returns all
/// groups, within the call's bounds.
fn groups_of(id: MessageId, groups: &[(GroupId, MessageId)], budget: &Budget) -> Vec<Timeline> {
    let joined = groups.iter().filter(|(_, after)| *after < id).map(|(group, _)| group);
    let fitting: Vec<&GroupId> = joined.clone().filter(|group| id.may_be_for(group)).collect();
    let chosen = if fitting.is_empty() { joined.take(budget.share(usize::MAX, 1)).collect() } else { fitting };
    chosen.into_iter().map(|group| Timeline::Group(group.clone())).collect()
}

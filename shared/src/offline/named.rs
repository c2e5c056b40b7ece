//! Acknowledgements by ids as connections bring them, a message or a few at a time: each id is looked up by itself, without a look at all
//! that waits.

use std::collections::BTreeSet;

use super::{OfflineStore, Waiting, view::Whose};
use crate::{
    domain::{
        ack::Ack,
        id::{AppKey, GroupId, MessageId, UserId},
        message::{OFFLINE_RETENTION, Receiver},
    },
    ports::error::StoreError,
};

impl OfflineStore {
    /// Keeps that the user received these messages; returns how many of the ids are of messages that the user can have. Others change
    /// nothing. An acknowledgement may be kept of a message that waits no more, or that was for other members of the user's group.
    pub async fn acknowledge_named(
        &self,
        app: &AppKey,
        user: &UserId,
        ids: &BTreeSet<MessageId>,
    ) -> Result<usize, StoreError> {
        let whose = Whose { app, user };
        let now = self.clock.now();
        let kept = ids.iter().copied().filter(|id| now < id.accepted_at().plus(OFFLINE_RETENTION));
        let (of_groups, single): (BTreeSet<_>, BTreeSet<_>) = kept.partition(|id| id.is_of_group());
        let (single, of_groups) = futures::try_join!(self.own(whose, single), self.of_groups(whose, of_groups))?;
        let taken: Vec<MessageId> = single.into_iter().chain(of_groups).collect();
        if !taken.is_empty() {
            self.acks.acknowledge(app, user, &taken).await?;
        }
        Ok(taken.len())
    }

    /// Those of the ids under which the user got a message.
    async fn own(&self, whose: Whose<'_>, ids: BTreeSet<MessageId>) -> Result<BTreeSet<MessageId>, StoreError> {
        let asked: Vec<Receiver> =
            ids.into_iter().map(|msg_id| Receiver { user: whose.user.clone(), msg_id }).collect();
        if asked.is_empty() {
            return Ok(BTreeSet::new());
        }
        let stored = self.stored.stored(whose.app, &asked).await?;
        Ok(asked.iter().zip(stored).filter(|(_, stored)| *stored).map(|(asked, _)| asked.msg_id).collect())
    }

    /// Those of the ids under which a group of the user's got a message. An id says which few groups those can be; one that fits none may
    /// be of a version before, and counts if it waits.
    async fn of_groups(&self, whose: Whose<'_>, ids: BTreeSet<MessageId>) -> Result<BTreeSet<MessageId>, StoreError> {
        if ids.is_empty() {
            return Ok(ids);
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
        let older: BTreeSet<MessageId> =
            ids.into_iter().filter(|id| !asked.iter().any(|(_, asked)| asked == id)).collect();
        if !older.is_empty() && !memberships.is_empty() {
            let view = self.view(whose, MessageId::MIN).await?;
            let Waiting { mut of_groups, .. } = self.waiting(whose, &view, None).await?;
            found.extend(of_groups.take(&Ack::Messages(older)));
        }
        Ok(found)
    }
}

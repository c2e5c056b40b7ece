//! Acknowledgements up to a message: they read all that waits, return what is left, and move the marks.

use std::collections::BTreeSet;

use super::{ENOUGH_DONE, OfflineStore, Waiting, view::AppUser};
use crate::{
    domain::{
        ack::{Ack, Acked, MAX_OF_GROUPS, MAX_ONE_TO_ONE},
        id::{AppKey, MessageId, UserId},
    },
    ports::{error::StoreError, timelines::Order},
};

impl OfflineStore {
    /// Stores that the user received messages. Ids of messages that do not wait for this user change nothing.
    pub async fn acknowledge(&self, app: &AppKey, user: &UserId, ack: &Ack) -> Result<Acked, StoreError> {
        let whose = AppUser { app, user };
        let view = self.view(whose, MessageId::MIN, Order::NewestFirst).await?;
        let Waiting { mut one_to_one, mut of_groups } = self.waiting(whose, &view, None).await?;
        let mut taken = one_to_one.take(ack);
        taken.extend(of_groups.take(ack));
        if !taken.is_empty() {
            self.acks.acknowledge(app, user, &taken).await?;
        }
        let enough = if matches!(ack, Ack::UpTo(_)) { 1 } else { ENOUGH_DONE };
        self.move_marks(whose, &view, &one_to_one, &of_groups, enough).await;
        let remaining = one_to_one.waiting.len() + of_groups.waiting.len();
        if !one_to_one.bounded && !of_groups.bounded {
            return Ok(Acked { acked: taken.len(), ids: taken, remaining, more: false });
        }
        let mut taken = BTreeSet::from_iter(taken);
        let more = match ack {
            Ack::Messages(ids) => {
                let others: Vec<MessageId> = ids.difference(&taken).copied().collect();
                let found = self.find(whose, &view, &others).await?;
                if !found.is_empty() {
                    self.acks.acknowledge(app, user, &found).await?;
                }
                taken.extend(found);
                false
            }
            Ack::UpTo(last) => self.acknowledge_oldest(whose, *last, &mut taken).await?,
        };
        Ok(Acked { acked: taken.len(), ids: taken.into_iter().collect(), remaining, more })
    }

    /// Acknowledges the waiting messages up to `last`, the oldest first, within the call's bounds. Moves the marks, so
    /// that the next call continues after them. Returns whether more may wait.
    async fn acknowledge_oldest(
        &self,
        whose: AppUser<'_>,
        last: MessageId,
        taken: &mut BTreeSet<MessageId>,
    ) -> Result<bool, StoreError> {
        let view = self.view(whose, MessageId::MIN, Order::OldestFirst).await?;
        let tracks = self.all_tracks(whose, &view, view.floors, MessageId::MIN).await?;
        let mut found = self.look(whose, &view, tracks, MAX_ONE_TO_ONE + MAX_OF_GROUPS).await?;
        let oldest: Vec<MessageId> = found.waiting.range(..=last).map(|(id, _)| *id).collect();
        if !oldest.is_empty() {
            self.acks.acknowledge(whose.app, whose.user, &oldest).await?;
        }
        found.waiting.retain(|id, _| *id > last);
        taken.extend(oldest);
        self.move_marks_behind(whose, &view, view.floors, &found, view.settled()).await;
        Ok(found.up_to < last)
    }
}

//! Erasures in memory: who was erased, and the removal of rows of the offline store.

use std::{collections::HashMap, sync::Mutex};

use async_trait::async_trait;

use super::{Faults, MemoryMessages, lock};
use crate::{
    domain::{
        id::{AppKey, GroupId, UserId},
        message::Receiver,
        time::Timestamp,
    },
    ports::{
        clock::Clock,
        erasure::{ERASURE_RETENTION, EraseMessages, KeepsMessages, NoteErasure, ReadErasure},
        error::StoreError,
        messages::StoredMessage,
    },
    testing::chance::FixedClock,
};

/// Erasures, until they expire.
#[derive(Debug)]
pub struct MemoryErasures {
    /// failures on demand
    pub faults: Faults,
    clock: FixedClock,
    erased: Mutex<HashMap<(AppKey, UserId), Timestamp>>,
}

impl MemoryErasures {
    /// Creates a store without erasures.
    pub fn new(clock: FixedClock) -> Self {
        Self { faults: Faults::default(), clock, erased: Mutex::default() }
    }
}

#[async_trait]
impl ReadErasure for MemoryErasures {
    async fn erased_at(&self, app: &AppKey, user: &UserId) -> Result<Option<Timestamp>, StoreError> {
        self.faults.before("erased_at").await?;
        let at = lock(&self.erased).get(&(app.clone(), user.clone())).copied();
        Ok(at.filter(|at| self.clock.now() < at.plus(ERASURE_RETENTION)))
    }
}

#[async_trait]
impl NoteErasure for MemoryErasures {
    async fn note_erasure(&self, app: &AppKey, user: &UserId, at: Timestamp) -> Result<Timestamp, StoreError> {
        self.faults.before("note_erasure").await?;
        let noted = {
            let mut erased = lock(&self.erased);
            let noted = erased.entry((app.clone(), user.clone())).or_insert(at);
            *noted = at.max(*noted);
            *noted
        };
        self.faults.after("note_erasure")?;
        Ok(noted)
    }
}

#[async_trait]
impl KeepsMessages for MemoryMessages {
    async fn keeps_messages(&self, app: &AppKey, user: &UserId, since: Option<Timestamp>) -> Result<bool, StoreError> {
        self.faults.before("keeps_messages").await?;
        let own = |(receiver, _): &(Receiver, StoredMessage)| {
            receiver.user == *user && since.is_none_or(|since| receiver.msg_id.accepted_at() > since)
        };
        let stored = self.all(app).iter().any(own);
        if stored || since.is_some() {
            return Ok(stored);
        }
        let acks = lock(&self.acks).get(&(app.clone(), user.clone())).is_some_and(|acks| !acks.is_empty());
        Ok(acks || lock(&self.groups).receipts_of(app, user).next().is_some())
    }
}

#[async_trait]
impl EraseMessages for MemoryMessages {
    async fn erase_messages(
        &self,
        app: &AppKey,
        user: &UserId,
        until: Timestamp,
        max: usize,
    ) -> Result<bool, StoreError> {
        self.faults.before("erase_messages").await?;
        let mut room = max;
        let mut take = || {
            let is_room = room > 0;
            room = room.saturating_sub(1);
            is_room
        };
        if let Some(acks) = lock(&self.acks).get_mut(&(app.clone(), user.clone())) {
            acks.retain(|id| id.accepted_at() > until || !take());
        }
        self.retain_rows(|of, owner, id| of != app || owner != user || id.accepted_at() > until || !take());
        lock(&self.groups)
            .retain_receipts(|of, owner, id| of != app || owner != user || id.accepted_at() > until || !take());
        self.faults.after("erase_messages")?;
        Ok(room == 0)
    }

    async fn erase_group_messages(&self, app: &AppKey, group: &GroupId, _max: usize) -> Result<bool, StoreError> {
        self.faults.before("erase_group_messages").await?;
        lock(&self.groups).erase(app, group);
        self.faults.after("erase_group_messages")?;
        Ok(false)
    }
}

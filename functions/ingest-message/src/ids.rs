//! Assigns ids to the messages of a call.
//!
//! With an idempotency key the ids follow from the key, the time of a try and the message's place in the call. So a
//! repeat of an interrupted call has the same ids, as long as they are fresh: no row is written under an old id. A
//! later repeat reads which messages earlier tries have stored. Those keep their ids. The others get ids of the present
//! time. This time is written into the claim before any row, so that a further repeat finds these messages, too.
//!
//! Nothing is queued before everything is stored. So a message without a row was not pushed under its former id. It
//! gets a new id, and is not pushed twice.

use async_trait::async_trait;
use shared::{
    crypto::encoding::sha256_bits,
    domain::{
        id::{AppKey, MessageId},
        message::MAX_ID_AGE_AT_START,
        time::Timestamp,
    },
    lambda::idempotency::RequestAttempt,
    ports::{
        claims::ClaimKeys,
        clock::{Clock, Entropy},
        error::StoreError,
        messages::FindStored,
    },
};

/// The target of a message of a call.
#[async_trait]
pub trait Target: Send + Sync + Sized {
    /// Identifies the target within the call.
    fn place(&self) -> String;

    /// Returns whether the message is stored.
    fn is_kept(&self) -> bool;

    /// Returns the id of a message to this target.
    fn id(&self, at: Timestamp, random: u128) -> MessageId;

    /// Returns the id that an earlier version would have assigned, if it is another one.
    fn former_id(&self, _: Timestamp, _: u128) -> Option<MessageId> {
        None
    }

    /// Returns whether each of the messages is stored.
    async fn stored(rows: &dyn FindStored, app: &AppKey, asked: &[(&Self, MessageId)])
    -> Result<Vec<bool>, StoreError>;
}

/// A target with the id of its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithId<T> {
    /// the target
    pub to: T,
    /// its id
    pub msg_id: MessageId,
    /// whether an earlier try has stored its row
    pub stored: bool,
}

/// Returns random bits for an id of this time. With an idempotency key they follow from the key.
pub fn random_of(app: &AppKey, attempt: &RequestAttempt, at: Timestamp, place: &str, entropy: &dyn Entropy) -> u128 {
    match &attempt.key {
        Some(key) => sha256_bits(&format!("{app}\n{key}\n{at}\n{place}")),
        None => entropy.bits(),
    }
}

/// Assigns ids to the messages of a call.
pub struct IdAssigner<'a> {
    /// the app
    pub app: &'a AppKey,
    /// the try
    pub attempt: &'a RequestAttempt,
    /// reads what earlier tries have stored
    pub rows: &'a dyn FindStored,
    /// stores the time of new ids
    pub claims: &'a dyn ClaimKeys,
    /// tells the time
    pub clock: &'a dyn Clock,
    /// gives random ids
    pub entropy: &'a dyn Entropy,
}

impl IdAssigner<'_> {
    /// Assigns an id to each message. A first try needs no read or write for that.
    pub async fn assign_ids<T: Target>(&self, targets: Vec<T>) -> Result<Vec<WithId<T>>, StoreError> {
        let now = self.clock.now();
        let fresh = |at: &mut Timestamp| !self.attempt.abandoned || now.since(*at) <= MAX_ID_AGE_AT_START;
        let mut times = self.attempt.times();
        let last = times.pop_if(fresh);
        let mut ids: Vec<Option<(MessageId, bool)>> = vec![None; targets.len()];
        let mut with_rows = Vec::new();
        let present = |to: &T, at, random| Some(to.id(at, random));
        for at in times {
            let former = self.take_stored(&targets, T::former_id, at, &mut ids).await?;
            let stored = self.take_stored(&targets, present, at, &mut ids).await?;
            if (former || stored) && at != self.attempt.since {
                with_rows.push(at);
            }
        }
        // Fresh messages keep their ids, stored or not. An earlier version assigned other ids.
        if let Some(at) = last.filter(|_| self.attempt.abandoned) {
            self.take_stored(&targets, T::former_id, at, &mut ids).await?;
        }
        let renames = targets.iter().zip(&ids).any(|(to, id)| id.is_none() && to.is_kept());
        let at = match last {
            None if renames => {
                with_rows.push(now);
                self.rename(&with_rows).await?;
                now
            }
            last => last.unwrap_or(now),
        };
        let named = targets.into_iter().zip(ids).map(|(to, id)| {
            // Without a row no id is too old. What was queued already keeps its id.
            let at = if to.is_kept() { at } else { self.attempt.since };
            let (msg_id, stored) = id.unwrap_or_else(|| (self.id(&to, at), false));
            WithId { to, msg_id, stored }
        });
        Ok(named.collect())
    }

    /// Finds the messages without an id that the try of this time has stored. Returns whether there are any.
    async fn take_stored<T: Target>(
        &self,
        targets: &[T],
        name: impl Fn(&T, Timestamp, u128) -> Option<MessageId>,
        at: Timestamp,
        ids: &mut [Option<(MessageId, bool)>],
    ) -> Result<bool, StoreError> {
        let open = (0..targets.len()).filter(|place| ids[*place].is_none() && targets[*place].is_kept());
        let named = |place: usize| Some((place, name(&targets[place], at, self.random(&targets[place], at))?));
        let open: Vec<(usize, MessageId)> = open.filter_map(named).collect();
        if open.is_empty() {
            return Ok(false);
        }
        let asked: Vec<(&T, MessageId)> = open.iter().map(|(place, msg_id)| (&targets[*place], *msg_id)).collect();
        let found = T::stored(self.rows, self.app, &asked).await?;
        for ((place, msg_id), _) in open.into_iter().zip(&found).filter(|(_, found)| **found) {
            ids[place] = Some((msg_id, true));
        }
        Ok(found.contains(&true))
    }

    fn id<T: Target>(&self, to: &T, at: Timestamp) -> MessageId {
        to.id(at, self.random(to, at))
    }

    fn random<T: Target>(&self, to: &T, at: Timestamp) -> u128 {
        random_of(self.app, self.attempt, at, &to.place(), self.entropy)
    }

    async fn rename(&self, times: &[Timestamp]) -> Result<(), StoreError> {
        let Some(claim) = &self.attempt.claim else {
            return Ok(());
        };
        match self.claims.rename(claim, times).await {
            // A further repeat has taken the claim over, and will answer.
            Err(StoreError::Conflict) => Err(StoreError::Throttled),
            done => done,
        }
    }
}

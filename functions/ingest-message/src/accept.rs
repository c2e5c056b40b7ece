//! Accepts a message: assigns ids, stores the message, and queues its decision.

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use shared::{
    domain::{
        id::{AppKey, MessageId, UserId},
        message::{Content, Receiver},
        time::Timestamp,
    },
    lambda::idempotency::RequestAttempt,
    ports::{
        clock::Clock,
        error::StoreError,
        messages::{FindStored, StoreMessages},
        queue::{DISPATCH_RECEIVERS, DispatchJob, QueueDispatch},
    },
};

use crate::ids::{Target, WithId};

/// A receiver of one of a call's messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToUser {
    /// the number of the message in the call
    pub message: usize,
    /// the receiver
    pub user: UserId,
    /// the spellings of the user's name in the call
    pub names: Vec<String>,
    /// whether the message is stored
    pub kept: bool,
}

#[async_trait]
impl Target for ToUser {
    fn place(&self) -> String {
        format!("{}\n{}", self.message, self.user)
    }

    fn is_kept(&self) -> bool {
        self.kept
    }

    fn id(&self, at: Timestamp, random: u128) -> MessageId {
        MessageId::new(at, random)
    }

    async fn stored(
        rows: &dyn FindStored,
        app: &AppKey,
        asked: &[(&Self, MessageId)],
    ) -> Result<Vec<bool>, StoreError> {
        let receiver = |(to, msg_id): &(&Self, MessageId)| Receiver { user: to.user.clone(), msg_id: *msg_id };
        rows.stored(app, &asked.iter().map(receiver).collect::<Vec<_>>()).await
    }
}

/// A message with its receivers.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// the content, the same for all of them
    content: Content,
    /// the receivers
    receivers: Vec<Receiver>,
    /// whether an earlier try has stored the rows
    stored: bool,
}

/// Groups the receivers by message. A message whose ids were assigned at several times yields one entry for each time.
pub fn gather(contents: &BTreeMap<usize, Content>, named: Vec<WithId<ToUser>>) -> Vec<Accepted> {
    let mut gathered: BTreeMap<(usize, Timestamp, bool), Vec<Receiver>> = BTreeMap::new();
    for WithId { to, msg_id, stored } in named {
        let of_message = gathered.entry((to.message, msg_id.accepted_at(), stored)).or_default();
        of_message.push(Receiver { user: to.user, msg_id });
    }
    let accepted = |((message, at, stored), receivers)| {
        contents.get(&message).map(|content| Accepted { content: content.renewed(at), receivers, stored })
    };
    gathered.into_iter().filter_map(accepted).collect()
}

/// Stores the messages of every receiver and queues their decisions.
pub async fn accept(
    app: &AppKey,
    accepted: &[Accepted],
    attempt: &RequestAttempt,
    (messages, clock): (&dyn StoreMessages, &dyn Clock),
    queue: &dyn QueueDispatch,
) -> Result<(), StoreError> {
    let kept = accepted.iter().filter(|accepted| !accepted.content.online_only && !accepted.stored);
    let kept: Vec<(&Content, &[Receiver])> = kept.map(|one| (&one.content, one.receivers.as_slice())).collect();
    messages.store(app, &kept, clock).await?;
    let jobs: Vec<DispatchJob> = accepted
        .iter()
        .flat_map(|Accepted { content, receivers, .. }| {
            receivers
                .chunks(DISPATCH_RECEIVERS)
                .map(|receivers| DispatchJob::to_users(app, content, receivers, attempt.abandoned))
        })
        .collect();
    queue.queue_dispatch(&jobs, Duration::ZERO).await
}

/// Queues the decision for one receiver of a stored message.
pub async fn queue_decision(
    app: &AppKey,
    content: &Content,
    receiver: Receiver,
    attempt: &RequestAttempt,
    queue: &dyn QueueDispatch,
) -> Result<(), StoreError> {
    queue.queue_dispatch(&[DispatchJob::to_users(app, content, &[receiver], attempt.abandoned)], Duration::ZERO).await
}

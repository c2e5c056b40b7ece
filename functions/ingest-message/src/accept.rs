//! Accepts a message: ids, then the store, then the queue.

use std::time::Duration;

use shared::{
    crypto::encoding::sha256_bits,
    domain::{
        id::{AppKey, MessageId, UserId},
        message::{Content, Receiver},
    },
    lambda::once::Attempt,
    ports::{
        clock::Entropy,
        error::StoreError,
        messages::StoreMessages,
        queue::{DISPATCH_RECEIVERS, DispatchJob, QueueDispatch},
    },
};

/// A message with those who receive it.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// what all of them receive
    pub content: Content,
    /// who receives it
    pub receivers: Vec<Receiver>,
}

/// Stores the messages of every receiver and queues their decisions.
pub async fn accept(
    app: &AppKey,
    accepted: &[Accepted],
    attempt: &Attempt,
    messages: &dyn StoreMessages,
    queue: &dyn QueueDispatch,
) -> Result<(), StoreError> {
    let kept = accepted.iter().filter(|accepted| !accepted.content.online_only);
    let kept: Vec<(&Content, &[Receiver])> = kept.map(|one| (&one.content, one.receivers.as_slice())).collect();
    messages.store(app, &kept).await?;
    let job = |content: &Content, receivers: &[Receiver]| DispatchJob {
        app: app.clone(),
        content: content.clone(),
        page: None,
        members: None,
        receivers: receivers.to_vec(),
        recheck_at: None,
        waited: None,
        connections: None,
        attempts: 0,
        repeat: attempt.abandoned,
    };
    let jobs: Vec<DispatchJob> = accepted
        .iter()
        .flat_map(|Accepted { content, receivers }| {
            receivers.chunks(DISPATCH_RECEIVERS).map(|receivers| job(content, receivers))
        })
        .collect();
    queue.queue_dispatch(&jobs, Duration::ZERO).await
}

/// Gives each receiver's message its id. Under an idempotency key the ids follow from the key and the message's place in the call, so
/// that a call that was cut off is taken up with the same ids.
pub fn name(app: &AppKey, to: Vec<UserId>, place: usize, attempt: &Attempt, entropy: &dyn Entropy) -> Vec<Receiver> {
    to.into_iter()
        .map(|user| {
            let random = match &attempt.key {
                Some(key) => sha256_bits(&format!("{app}\n{key}\n{}\n{place}\n{user}", attempt.since)),
                None => entropy.bits(),
            };
            Receiver { msg_id: MessageId::new(attempt.since, random), user }
        })
        .collect()
}

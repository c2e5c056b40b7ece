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

/// Stores the message of every receiver and queues its decision.
pub async fn accept(
    app: &AppKey,
    content: Content,
    receivers: &[Receiver],
    attempt: &Attempt,
    messages: &dyn StoreMessages,
    queue: &dyn QueueDispatch,
) -> Result<(), StoreError> {
    if !content.online_only {
        messages.store(app, &content, receivers, attempt.abandoned).await?;
    }
    let jobs: Vec<DispatchJob> = receivers
        .chunks(DISPATCH_RECEIVERS)
        .map(|receivers| DispatchJob {
            app: app.clone(),
            content: content.clone(),
            receivers: receivers.to_vec(),
            attempts: 0,
            repeat: attempt.abandoned,
        })
        .collect();
    queue.queue_dispatch(&jobs, Duration::ZERO).await
}

/// Gives each receiver's message its id. Under an idempotency key the ids follow from the key, so that a call that was cut
/// off is taken up with the same ids.
pub fn name(app: &AppKey, to: Vec<UserId>, attempt: &Attempt, entropy: &dyn Entropy) -> Vec<Receiver> {
    to.into_iter()
        .map(|user| {
            let random = match &attempt.key {
                Some(key) => sha256_bits(&format!("{app}\n{key}\n{}\n{user}", attempt.since)),
                None => entropy.bits(),
            };
            Receiver { msg_id: MessageId::new(attempt.since, random), user }
        })
        .collect()
}

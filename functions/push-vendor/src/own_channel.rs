//! Instant pushes that wait for their receivers until a vendor takes them.
//!
//! Such a push is in the offline store from the beginning. What a vendor took is acknowledged, so it waits no longer.
//! What a vendor refused goes back to `dispatch`, where check-presence posts it to the receiver's connections. If either
//! fails, the push goes on waiting: the receiver then may get it twice, but never not at all.

use std::time::Duration;

use futures::{StreamExt, stream};
use shared::{
    domain::message::Content,
    lambda::deadline::Deadline,
    ports::{
        acks::NoteTaken,
        error::StoreError,
        messages::ReadContent,
        queue::{DispatchJob, PushJob, PushReceiver, QueueDispatch},
    },
};

use crate::{budget::PARALLEL, record::ReceiverOutcomes};

/// An ended push that waits for its receiver.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken<'a> {
    job: &'a PushJob,
    receiver: &'a PushReceiver,
    /// whether the vendor took it
    taken: bool,
}

impl<'a> Taken<'a> {
    /// Returns those of the ended pushes that wait for their receivers.
    pub(crate) fn of(outcomes: &[ReceiverOutcomes<'a>]) -> Vec<Self> {
        let waiting = outcomes.iter().filter_map(|one| Some((one.waiting()?, one.was_taken())));
        waiting.map(|((job, receiver), taken)| Self { job, receiver, taken }).collect()
    }
}

/// Lets pushes go on after their vendor.
pub(crate) struct GoOn<'p> {
    pub(crate) taken: &'p dyn NoteTaken,
    pub(crate) contents: &'p dyn ReadContent,
    pub(crate) dispatch: &'p dyn QueueDispatch,
}

impl GoOn<'_> {
    /// Acknowledges what was taken, and queues the rest for the own channel.
    pub(crate) async fn run(&self, ended: Vec<Taken<'_>>, write_by: Deadline) {
        stream::iter(ended).for_each_concurrent(PARALLEL, |one| self.run_one(one, write_by)).await;
    }

    async fn run_one(&self, one: Taken<'_>, write_by: Deadline) {
        let Taken { job, receiver: PushReceiver { receiver, .. }, taken } = one;
        let done = async {
            match taken {
                true => self.taken.note_taken(&job.app, receiver).await,
                false => self.to_own_channel(one).await,
            }
        };
        let error = match write_by.wait(done).await {
            Some(Ok(())) => return,
            Some(Err(error)) => error.chain(),
            None => "no time was left".to_owned(),
        };
        tracing::warn!(message.id = %receiver.msg_id, taken, error, "an instant push waits on for its receiver");
    }

    async fn to_own_channel(&self, Taken { job, receiver, .. }: Taken<'_>) -> Result<(), StoreError> {
        let receiver = &receiver.receiver;
        let Some(content) = self.contents.content(&job.app, receiver, None).await? else {
            return Ok(());
        };
        let again = DispatchJob {
            app: job.app.clone(),
            // A task that repeats a page keeps the rows of its first try, but the push may be as late as a new one.
            content: Content { expires_at: job.expires_at, ..content },
            page: None,
            members: None,
            receivers: vec![receiver.clone()],
            recheck_at: None,
            waited: None,
            connections: job.connections,
            pushed: Vec::new(),
            vendor_failed: true,
            attempts: 0,
            repeat: true,
        };
        self.dispatch.queue_dispatch(&[again], Duration::ZERO).await
    }
}

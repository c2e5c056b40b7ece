//! Messages for live connections: posted, and decided again for those who cannot be reached.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt, stream};
use shared::{
    domain::{connection::EndReason, message::Receiver},
    lambda::{
        deadline::Deadline,
        metric::{Metric, Metrics},
    },
    offline::OfflineMessage,
    ports::{
        connections::{Connection, DirectConnection, DirectMessage, DirectReceiver, DirectRecord, PostError},
        queue::DispatchJob,
    },
};

use crate::{frame, hold::HoldConnection};

/// How many posts of a record are under way at once.
const PARALLEL_POSTS: usize = 32;
/// What posts leave room for at the end: connections are dropped, and what is left is queued.
pub(crate) const FINISH: Duration = Duration::from_secs(6);
/// What queueing the rest leaves room for.
pub(crate) const QUEUEING: Duration = Duration::from_secs(3);
/// What closing a connection leaves room for: it is dropped, or its end queued.
const DROPPING: Duration = Duration::from_secs(1);
/// How often a post is tried that fails for no known reason.
pub(crate) const MAX_FAILURES: u32 = 4;
/// For how long a message is posted again while posts are throttled. By then the client has been pushed, and pulls.
const GIVE_UP: Duration = Duration::from_secs(300);

/// What became of a receiver.
#[derive(Debug, Default)]
struct Reached {
    /// a connection took the message
    any: bool,
    /// connections that are gone
    gone: Vec<DirectConnection>,
    /// connections to be tried again
    again: Vec<DirectConnection>,
    /// whether those were only throttled
    throttled: bool,
}

impl HoldConnection {
    /// Posts a message; `false` if the record must be redelivered.
    pub(crate) async fn post_message(&self, job: DirectMessage, deadline: Deadline, metrics: &Metrics) -> bool {
        let reached = self.post_to_all(&job, deadline.leaving(FINISH), metrics).await;
        // The decision that follows must not find what is gone, and a slow table must not keep the rest from being queued.
        let reached = self.settle_all(&job, reached, deadline.leaving(QUEUEING)).await;
        let (mut again, mut unreached) = (Vec::new(), Vec::new());
        for (place, one) in reached {
            let receiver = &job.receivers[place].receiver;
            if !one.again.is_empty() {
                again.push(DirectReceiver { receiver: receiver.clone(), connections: one.again });
            } else if !one.any {
                unreached.push(receiver.clone());
            }
        }
        let decided = DispatchJob {
            app: job.app.clone(),
            content: job.content.clone(),
            page: job.page.clone(),
            members: job.members,
            receivers: if job.falls_back { unreached } else { Vec::new() },
            recheck_at: None,
            waited: job.waited.clone(),
            connections: Some(job.seen),
            pushed: job.pushed.clone(),
            attempts: 0,
            // The recheck may have come first.
            repeat: true,
        };
        let attempts = job.attempts + 1;
        let later = DirectMessage { receivers: again, attempts, ..job };
        self.queue_rest(decided, later, deadline).await
    }

    async fn post_to_all(
        &self,
        job: &DirectMessage,
        deadline: Deadline,
        metrics: &Metrics,
    ) -> BTreeMap<usize, Reached> {
        let frames: Vec<String> = job
            .receivers
            .iter()
            .map(|one| {
                let receiver = &one.receiver;
                frame::message(&OfflineMessage::new(&receiver.user, receiver.msg_id, job.content.clone()))
            })
            .collect();
        let posts: Vec<(usize, DirectConnection)> = job
            .receivers
            .iter()
            .enumerate()
            .flat_map(|(place, one)| one.connections.iter().map(move |connection| (place, connection.clone())))
            .collect();
        let frames = &frames;
        let results: Vec<(usize, DirectConnection, Result<bool, PostError>)> = stream::iter(posts)
            .map(|(place, token)| async move {
                let connection = connection_of(job, &job.receivers[place].receiver, &token);
                let waited = job.attempts > 0;
                let posted = self.post_if_allowed(&connection, &token, &frames[place], waited, metrics);
                let posted = deadline.wait(posted).await;
                (place, token, posted.unwrap_or(Err(PostError::Throttled)))
            })
            .buffer_unordered(PARALLEL_POSTS)
            .collect()
            .await;
        let mut reached: BTreeMap<usize, Reached> = BTreeMap::new();
        for (place, connection, result) in results {
            let one = reached.entry(place).or_default();
            match result {
                Ok(posted) => one.any |= posted,
                Err(PostError::Gone) => one.gone.push(connection),
                Err(error) => {
                    one.throttled |= matches!(error, PostError::Throttled);
                    one.again.push(connection);
                }
            }
        }
        reached
    }

    /// Drops the connections that are gone, and gives up those that were tried for long enough.
    async fn settle_all(
        &self,
        job: &DirectMessage,
        reached: BTreeMap<usize, Reached>,
        deadline: Deadline,
    ) -> Vec<(usize, Reached)> {
        stream::iter(reached)
            .map(|(place, one)| async move { (place, self.settle(job, place, one, deadline).await) })
            .buffer_unordered(PARALLEL_POSTS)
            .collect()
            .await
    }

    /// What becomes of a receiver's connections. One that can be neither posted to nor ended is tried again.
    async fn settle(&self, job: &DirectMessage, place: usize, mut one: Reached, deadline: Deadline) -> Reached {
        let receiver = &job.receivers[place].receiver;
        for gone in &one.gone {
            self.drop_gone(&connection_of(job, receiver, gone), deadline).await;
        }
        if self.may_try_again(job, one.throttled) {
            return one;
        }
        for token in std::mem::take(&mut one.again) {
            if !self.give_up(&connection_of(job, receiver, &token), deadline).await {
                one.again.push(token);
            }
        }
        one
    }

    /// Ends a connection that takes no message, so that its client connects again and gets what waits: at once, or by a record where it
    /// cannot be closed now. `false` if it is still the device's.
    async fn give_up(&self, connection: &Connection, deadline: Deadline) -> bool {
        if self.close(connection, deadline.leaving(DROPPING)).await {
            return true;
        }
        matches!(deadline.wait(self.bar(connection, EndReason::Offline)).await, Some(Ok(())))
    }

    /// Closes a connection that cannot be given its messages; `false` if it may still be open.
    pub(crate) async fn close(&self, connection: &Connection, deadline: Deadline) -> bool {
        tracing::warn!(connection.id = %connection.id, "a connection cannot be given its messages and is closed");
        match deadline.wait(self.ports.posts.close(&connection.id)).await {
            Some(Ok(()) | Err(PostError::Gone)) => {
                self.drop_gone(connection, deadline).await;
                true
            }
            Some(Err(_)) | None => false,
        }
    }

    fn may_try_again(&self, job: &DirectMessage, throttled: bool) -> bool {
        let tried_at = job.seen.tried_at.unwrap_or(job.seen.first_at);
        let in_time = self.ports.clock.now().since(tried_at) < GIVE_UP;
        in_time && (throttled || job.attempts + 1 < MAX_FAILURES)
    }

    /// Drops a connection that is gone. If that fails, its device seems connected until it is tried again.
    pub(crate) async fn drop_gone(&self, connection: &Connection, deadline: Deadline) {
        match deadline.wait(self.drop_connection(connection, None)).await {
            Some(Ok(())) => {
                tracing::info!(app = %connection.app, connection.id = %connection.id, "a connection is gone")
            }
            Some(Err(error)) => {
                tracing::warn!(connection.id = %connection.id, error = error.chain(), "a connection cannot be dropped");
            }
            None => tracing::warn!(connection.id = %connection.id, "no time was left to drop a connection"),
        }
    }

    /// Queues what is decided again, and what is posted again; `false` if that failed.
    async fn queue_rest(&self, decided: DispatchJob, later: DirectMessage, deadline: Deadline) -> bool {
        let queued = async {
            if !decided.receivers.is_empty() {
                self.ports.dispatch.queue_dispatch(&[decided], Duration::ZERO).await?;
            }
            if !later.receivers.is_empty() {
                let delay = self.retry_after(later.attempts);
                self.ports.direct.queue_direct(&[DirectRecord::Message(Box::new(later))], delay).await?;
            }
            Ok(())
        };
        match deadline.wait(queued).await {
            Some(Ok(())) => true,
            Some(Err(error)) => {
                let error: shared::ports::error::StoreError = error;
                tracing::warn!(error = error.chain(), "receivers of a message cannot be queued again");
                false
            }
            None => false,
        }
    }
}

fn connection_of(job: &DirectMessage, receiver: &Receiver, connection: &DirectConnection) -> Connection {
    let DirectConnection { id, device_id, .. } = connection.clone();
    Connection { id, app: job.app.clone(), user: receiver.user.clone(), device_id }
}

pub(crate) fn count(result: &Result<(), PostError>, metrics: &Metrics) {
    let outcome = match result {
        Ok(()) => "accepted",
        Err(PostError::Gone) => "gone",
        Err(PostError::Throttled) => "throttled",
        Err(PostError::Failed(_)) => "failed",
    };
    if let Err(PostError::Failed(reason)) = result {
        tracing::warn!(reason, "a post failed");
    }
    metrics.add(Metric::Frames, [("outcome", outcome)], 1);
}

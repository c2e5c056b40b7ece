//! Posts messages to live connections, and queues a new decision for receivers who cannot be reached.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt, stream};
use shared::{
    domain::message::Receiver,
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

use crate::{frame, hold::HoldConnection, settle::Reached};

/// Posts of a record at the same time.
pub(crate) const PARALLEL_POSTS: usize = 32;
/// Time reserved for the end: connections are dropped, and the rest is queued.
pub(crate) const FINISH: Duration = Duration::from_secs(6);
/// Time reserved for queueing the rest.
pub(crate) const QUEUEING: Duration = Duration::from_secs(3);

impl HoldConnection {
    /// Posts a message. Returns `false` if SQS must redeliver the record.
    pub(crate) async fn post_message(&self, job: DirectMessage, deadline: Deadline, metrics: &Metrics) -> bool {
        let reached = self.post_to_all(&job, deadline.leaving(FINISH), metrics).await;
        // The next decision must not find connections that are gone. A slow table must leave time to queue the rest.
        let reached = self.settle_all(&job, reached, deadline.leaving(QUEUEING)).await;
        let (mut again, mut early, mut unreached) = (Vec::new(), Vec::new(), Vec::new());
        let mut opens_in = Duration::ZERO;
        for (place, one) in reached {
            let receiver = &job.receivers[place].receiver;
            let waits = !one.again.is_empty() || !one.early.is_empty();
            for (connections, later) in [(one.again, &mut again), (one.early, &mut early)] {
                if !connections.is_empty() {
                    later.push(DirectReceiver { receiver: receiver.clone(), connections });
                }
            }
            opens_in = opens_in.max(one.opens_in);
            if !waits && !one.any {
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
            vendor_failed: false,
            attempts: 0,
            // A recheck may have decided already.
            repeat: true,
        };
        let attempts = job.attempts + 1;
        let early = DirectMessage { receivers: early, attempts, ..job };
        let again = DirectMessage { receivers: again, ..early.clone() };
        let later = [(again, self.retry_after(attempts)), (early, opens_in)];
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

    /// Queues new decisions and retries of posts. Returns `false` if that failed.
    async fn queue_rest(
        &self,
        decided: DispatchJob,
        later: [(DirectMessage, Duration); 2],
        deadline: Deadline,
    ) -> bool {
        let queued = async {
            if !decided.receivers.is_empty() {
                self.ports.dispatch.queue_dispatch(&[decided], Duration::ZERO).await?;
            }
            for (later, delay) in later.into_iter().filter(|(later, _)| !later.receivers.is_empty()) {
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

pub(crate) fn connection_of(job: &DirectMessage, receiver: &Receiver, connection: &DirectConnection) -> Connection {
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

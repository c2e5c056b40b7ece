//! Ends a connection on our side: hold-connection tells the client the reason, then closes the connection.
//!
//! It retries until the connection is closed, or API Gateway has closed it. An open connection that gets no messages
//! would mislead its client.

use std::time::Duration;

use shared::{
    domain::connection::CONNECTION_LEASE,
    lambda::{deadline::Deadline, metric::Metrics},
    ports::{
        connections::{DirectEnd, DirectRecord, PostError},
        error::StoreError,
        queue::MAX_DELAY,
    },
};

use crate::{
    direct::{FINISH, QUEUEING, count},
    frame,
    hold::HoldConnection,
};

/// Time reserved for closing the connection, after the client was told.
const CLOSING: Duration = Duration::from_secs(4);

impl HoldConnection {
    /// Ends a connection. Returns `false` if SQS must redeliver the record.
    pub(crate) async fn end(&self, job: DirectEnd, deadline: Deadline, metrics: &Metrics) -> bool {
        let now = self.ports.clock.now();
        if let Some(at) = job.not_before.filter(|at| now < *at) {
            let delay = at.since(now).min(MAX_DELAY);
            let queued = deadline.wait(self.ports.direct.queue_direct(&[DirectRecord::End(job)], delay)).await;
            return matches!(queued, Some(Ok(())));
        }
        let tried_at = job.tried_at.unwrap_or(now);
        if tried_at.plus(CONNECTION_LEASE) <= now {
            tracing::error!(connection.id = %job.connection.id, "a connection could not be closed within its maximum lifetime");
            return true;
        }
        match deadline.leaving(QUEUEING).wait(self.try_to_end(&job, deadline, metrics)).await {
            Some(Ok(true)) => return true,
            Some(Ok(false)) | None => {}
            Some(Err(error)) => {
                tracing::warn!(connection.id = %job.connection.id, error = error.chain(), "the end of a connection cannot be stored");
            }
        }
        let attempts = job.attempts + 1;
        let delay = self.retry_after(attempts);
        let again = DirectRecord::End(DirectEnd { attempts, tried_at: Some(tried_at), ..job });
        matches!(deadline.wait(self.ports.direct.queue_direct(&[again], delay)).await, Some(Ok(())))
    }

    /// Tries to end a connection. Returns `false` if it may still be open.
    async fn try_to_end(&self, job: &DirectEnd, deadline: Deadline, metrics: &Metrics) -> Result<bool, StoreError> {
        let connection = &job.connection;
        let now = self.ports.clock.now();
        let kept = self.ports.connections.find(&connection.id, now).await?;
        if kept.as_ref().is_some_and(|kept| kept.connection != *connection) {
            // The id belongs to another connection by now, so this one is closed.
            self.ports.presence.end(connection, now).await?;
            return Ok(true);
        }
        match self.tell_and_close(job, deadline, metrics).await {
            Ok(()) => tracing::info!(app = %connection.app, connection.id = %connection.id, "a connection is ended"),
            // During a handshake, API Gateway refuses a post as if the connection were gone.
            Err(PostError::Gone) if kept.is_some_and(|kept| kept.may_open_yet(now)) => return Ok(false),
            Err(PostError::Gone) => {}
            Err(PostError::Throttled | PostError::Failed(_)) => return Ok(false),
        }
        self.drop_connection(connection, None).await?;
        Ok(true)
    }

    /// Closes a connection, even if its client cannot be told the reason.
    async fn tell_and_close(&self, job: &DirectEnd, deadline: Deadline, metrics: &Metrics) -> Result<(), PostError> {
        let (posts, id) = (&self.ports.posts, &job.connection.id);
        let frame = frame::kicked(job.reason);
        let told = deadline.leaving(FINISH + CLOSING).wait(posts.post(id, &frame)).await;
        let told = told.unwrap_or(Err(PostError::Throttled));
        count(&told, metrics);
        match told {
            Err(PostError::Gone) => Err(PostError::Gone),
            Ok(()) | Err(PostError::Throttled | PostError::Failed(_)) => posts.close(id).await,
        }
    }
}

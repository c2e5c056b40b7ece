//! The end of a connection that is ours to end: the client is told why, then it is closed.

use shared::{
    lambda::{deadline::Deadline, metric::Metrics},
    ports::{
        connections::{DirectEnd, DirectRecord, PostError},
        error::StoreError,
        queue::MAX_DELAY,
    },
};

use crate::{
    direct::{FINISH, count},
    frame,
    hold::HoldConnection,
};

/// How often an end is tried. After two hours API Gateway ends the connection itself.
const MAX_TRIES: u32 = 10;

impl HoldConnection {
    /// Ends a connection; `false` if the record must be redelivered.
    pub(crate) async fn end(&self, job: DirectEnd, deadline: Deadline, metrics: &Metrics) -> bool {
        let now = self.ports.clock.now();
        if let Some(at) = job.not_before.filter(|at| now < *at) {
            let delay = at.since(now).min(MAX_DELAY);
            let queued = deadline.wait(self.ports.direct.queue_direct(&[DirectRecord::End(job)], delay)).await;
            return matches!(queued, Some(Ok(())));
        }
        match deadline.leaving(FINISH).wait(self.try_to_end(&job, metrics)).await {
            Some(Ok(true)) => return true,
            Some(Ok(false)) | None => {}
            Some(Err(error)) => {
                tracing::warn!(connection.id = %job.connection.id, error = error.chain(), "an end cannot be noted");
            }
        }
        let attempts = job.attempts + 1;
        if attempts >= MAX_TRIES {
            tracing::error!(connection.id = %job.connection.id, "a connection could not be closed");
            return true;
        }
        let delay = self.retry_after(attempts);
        let again = DirectRecord::End(DirectEnd { attempts, ..job });
        matches!(deadline.wait(self.ports.direct.queue_direct(&[again], delay)).await, Some(Ok(())))
    }

    /// `false` if the connection may still be open.
    async fn try_to_end(&self, job: &DirectEnd, metrics: &Metrics) -> Result<bool, StoreError> {
        let (posts, connection) = (&self.ports.posts, &job.connection);
        let now = self.ports.clock.now();
        let kept = self.ports.connections.find(&connection.id, now).await?;
        if kept.as_ref().is_some_and(|kept| kept.connection != *connection) {
            // The id is another connection's by now, so this one is closed.
            self.ports.presence.end(connection, now).await?;
            return Ok(true);
        }
        let told = posts.post(&connection.id, &frame::kicked(job.reason)).await;
        count(&told, metrics);
        let closed = match told {
            Ok(()) => posts.close(&connection.id).await,
            Err(error) => Err(error),
        };
        match closed {
            Ok(()) => tracing::info!(app = %connection.app, connection.id = %connection.id, "a connection is ended"),
            // As long as the handshake may last, a connection that is not open yet is refused as if it were gone.
            Err(PostError::Gone) if kept.is_some_and(|kept| kept.may_open_yet(now)) => return Ok(false),
            Err(PostError::Gone) => {}
            Err(PostError::Throttled | PostError::Failed(_)) => return Ok(false),
        }
        self.drop_connection(connection, None).await?;
        Ok(true)
    }
}

//! Handles connections that took no message: it drops those that are gone, and closes those with too many failed tries.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt, stream};
use shared::{
    domain::connection::EndReason,
    lambda::deadline::Deadline,
    ports::{
        connections::{Connection, DirectConnection, DirectMessage, PostError},
        error::StoreError,
    },
};

use crate::{
    direct::{PARALLEL_POSTS, connection_of},
    hold::HoldConnection,
};

/// Maximum tries of a post that fails for an unknown reason.
pub(crate) const MAX_FAILURES: u32 = 4;
/// Time for which a throttled message is retried. Then hold-connection closes the connection, so that its client
/// connects again and gets what waits.
const GIVE_UP: Duration = Duration::from_secs(300);
/// Time reserved for dropping a connection or queueing its end, after it was closed.
const DROPPING: Duration = Duration::from_secs(1);

/// The result of the posts to a receiver.
#[derive(Debug, Default)]
pub(crate) struct Reached {
    /// whether a connection took the message
    pub(crate) any: bool,
    /// connections that are gone
    pub(crate) gone: Vec<DirectConnection>,
    /// connections to retry
    pub(crate) again: Vec<DirectConnection>,
    /// whether those were only throttled
    pub(crate) throttled: bool,
    /// connections that may not have been open yet
    pub(crate) early: Vec<DirectConnection>,
    /// the delay before those are retried
    pub(crate) opens_in: Duration,
}

impl HoldConnection {
    /// Drops the connections that are gone, and gives up those with too many failed tries.
    pub(crate) async fn settle_all(
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

    /// Handles a receiver's connections. A connection that can be neither posted to nor ended is retried.
    async fn settle(&self, job: &DirectMessage, place: usize, mut one: Reached, deadline: Deadline) -> Reached {
        let receiver = &job.receivers[place].receiver;
        for token in std::mem::take(&mut one.gone) {
            let connection = connection_of(job, receiver, &token);
            match deadline.wait(self.opens_later(&connection, job.attempts)).await {
                Some(Ok(None)) => self.drop_gone(&connection, deadline).await,
                Some(Ok(Some(delay))) => {
                    one.opens_in = one.opens_in.max(delay);
                    one.early.push(token);
                }
                Some(Err(_)) | None => one.again.push(token),
            }
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

    /// Returns when to post again to a connection that was refused as gone, if its handshake may still last.
    async fn opens_later(&self, connection: &Connection, tries: u32) -> Result<Option<Duration>, StoreError> {
        let now = self.ports.clock.now();
        let kept = self.ports.connections.find(&connection.id, now).await?;
        let young = kept.filter(|kept| kept.connection == *connection && kept.may_open_yet(now));
        Ok(young.and_then(|kept| self.opens_in(kept.since, tries.min(1))))
    }

    /// Ends a connection that takes no message, so that its client connects again and gets what waits. If it cannot be
    /// closed now, a record ends it later. Returns `false` if it is still its device's connection.
    async fn give_up(&self, connection: &Connection, deadline: Deadline) -> bool {
        if self.close(connection, deadline.leaving(DROPPING)).await {
            return true;
        }
        matches!(deadline.wait(self.bar(connection, EndReason::Offline)).await, Some(Ok(())))
    }

    /// Closes a connection that takes no messages. Returns `false` if it may still be open.
    pub(crate) async fn close(&self, connection: &Connection, deadline: Deadline) -> bool {
        tracing::warn!(connection.id = %connection.id, "a connection takes no messages and is closed");
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

    /// Drops a connection that is gone. If that fails, its device seems connected until the next try.
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
}

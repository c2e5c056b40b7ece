//! Posts waiting messages to a new connection, page by page, the oldest first.
//!
//! Each page queues the next one after its own messages are posted. The client may acknowledge at any time. What it
//! does not acknowledge waits for the next connection or pull.
//!
//! A page that runs out of time, or is throttled, is not a failure. It continues where it stopped, for as long as its
//! connection can last. A page that fails is retried a few times. Then hold-connection closes the connection, so that
//! the client connects again.

use std::time::Duration;

use shared::{
    domain::{connection::CONNECTION_LEASE, id::MessageId, inbox::SETTLED_AFTER, time::Timestamp},
    lambda::{deadline::Deadline, metric::Metrics},
    offline::{Cursor, OfflineMessage, OfflinePage, PageRequest},
    ports::{
        connections::{Connection, DirectPage, DirectRecord, PostError},
        error::StoreError,
    },
};

use crate::{
    direct::{FINISH, QUEUEING, count},
    frame,
    hold::HoldConnection,
    settle::MAX_FAILURES,
};

/// Maximum bytes that a page posts.
pub const MAX_PAGE_BYTES: usize = 100 * 1024;
/// Messages in one read. This number fits into a page even with the largest messages.
const MESSAGES: usize = 16;
/// Maximum tries of a page while a table fails.
const MAX_STORE_FAILURES: u32 = 10;
/// Result of the posts of a page.
enum Ended {
    /// everything is posted
    Done,
    /// the page is full, and another one follows
    Full,
    /// the connection is gone
    Gone,
    /// no time is left, or posts are throttled
    Deferred,
    /// the page is retried, at most this often
    Failed { max: u32 },
}

/// Progress of the posts of waiting messages.
struct Progress {
    /// where the present page begins
    cursor: Option<Cursor>,
    /// the last posted message of that page
    posted: Option<MessageId>,
    /// since when new messages are posted to the connection at once
    live_at: Option<Timestamp>,
    /// whether a post to the connection has succeeded
    open: bool,
    /// bytes that this record has posted
    bytes: usize,
    /// whether this record has made progress
    moved: bool,
}

impl Progress {
    fn of(job: &DirectPage, now: Timestamp) -> Result<Self, StoreError> {
        let Connection { app, user, .. } = &job.connection;
        let parse = |text: &String| Cursor::parse(text, app, user);
        let cursor = job.cursor.as_ref().map(parse).transpose();
        let cursor = cursor.map_err(|invalid| StoreError::Corrupt(invalid.to_string()))?;
        // An earlier version queued further pages only for live connections.
        let live_at = job.live_at.or((job.page > 0).then_some(now));
        let open = job.open || job.page > 0 || job.posted.is_some();
        Ok(Self { cursor, posted: job.posted, live_at, open, bytes: 0, moved: false })
    }

    fn goes_on_at(&mut self, cursor: Cursor) {
        (self.cursor, self.posted, self.moved) = (Some(cursor), None, true);
    }

    /// Returns whether this message and later ones were posted separately, because their decision found the connection
    /// live.
    fn is_past(&self, id: MessageId) -> bool {
        self.live_at.is_some_and(|live_at| live_at.plus(SETTLED_AFTER) < id.accepted_at())
    }
}

impl HoldConnection {
    /// Posts a page. Returns `false` if SQS must redeliver the record.
    pub(crate) async fn post_page(&self, job: DirectPage, deadline: Deadline, metrics: &Metrics) -> bool {
        let now = self.ports.clock.now();
        let opened_at = job.opened_at.unwrap_or(now);
        if opened_at.plus(CONNECTION_LEASE) <= now {
            // API Gateway has closed the connection.
            return true;
        }
        let job = DirectPage { opened_at: Some(opened_at), ..job };
        let (ended, job) = match Progress::of(&job, now) {
            Ok(mut progress) => {
                let posting = self.post_messages(&job, &mut progress, metrics);
                let ended = deadline.leaving(FINISH).wait(posting).await;
                (ended.unwrap_or(Ok(Ended::Deferred)), with(job, progress))
            }
            Err(error) => (Err(error), job),
        };
        let ended = ended.unwrap_or_else(|error| {
            tracing::warn!(connection.id = %job.connection.id, error = error.chain(), "a page cannot be posted");
            match error {
                StoreError::Throttled => Ended::Deferred,
                _ => Ended::Failed { max: MAX_STORE_FAILURES },
            }
        });
        self.go_on(ended, job, deadline).await
    }

    /// Queues the next page or a retry, or ends the connection.
    async fn go_on(&self, ended: Ended, job: DirectPage, deadline: Deadline) -> bool {
        let opens_in = job.opened_at.filter(|_| !job.open).and_then(|at| self.opens_in(at, job.refused));
        let (next, delay) = match ended {
            Ended::Done => return true,
            Ended::Full => (DirectPage { page: job.page + 1, waits: 0, ..job }, Duration::ZERO),
            Ended::Gone => match opens_in {
                Some(delay) => (DirectPage { refused: job.refused + 1, ..job }, delay),
                None => {
                    self.drop_gone(&job.connection, deadline).await;
                    return true;
                }
            },
            Ended::Failed { max } if job.attempts + 1 >= max => {
                if self.close(&job.connection, deadline.leaving(QUEUEING)).await {
                    return true;
                }
                let waits = job.waits + 1;
                (DirectPage { waits, ..job }, self.retry_after(waits))
            }
            Ended::Failed { .. } => {
                let attempts = job.attempts + 1;
                (DirectPage { attempts, ..job }, self.retry_after(attempts))
            }
            Ended::Deferred => {
                let waits = job.waits + 1;
                (DirectPage { waits, ..job }, self.retry_after(waits))
            }
        };
        let queued = deadline.wait(self.ports.direct.queue_direct(&[DirectRecord::Page(next)], delay)).await;
        matches!(queued, Some(Ok(())))
    }

    async fn post_messages(
        &self,
        job: &DirectPage,
        progress: &mut Progress,
        metrics: &Metrics,
    ) -> Result<Ended, StoreError> {
        if !self.may_have_what_waits(&job.connection).await? {
            return Ok(Ended::Done);
        }
        let Connection { app, user, .. } = &job.connection;
        loop {
            let since = job.since.filter(|_| progress.cursor.is_none());
            let request = PageRequest { limit: MESSAGES, cursor: progress.cursor.clone(), since };
            let OfflinePage { messages, cursor: next } = self.offline.page(app, user, &request).await?;
            let ends = messages.iter().any(|message| progress.is_past(message.msg_id));
            let left = messages.iter().filter(|message| {
                progress.posted.is_none_or(|posted| posted < message.msg_id) && !progress.is_past(message.msg_id)
            });
            let frames: Vec<(MessageId, String)> =
                left.map(|message: &OfflineMessage| (message.msg_id, frame::message(message))).collect();
            let of_these: usize = frames.iter().map(|(_, text)| text.len()).sum();
            if progress.bytes > 0 && progress.bytes + of_these > MAX_PAGE_BYTES {
                return Ok(Ended::Full);
            }
            for (id, text) in &frames {
                let posted = self.ports.posts.post(&job.connection.id, text).await;
                count(&posted, metrics);
                match posted {
                    Ok(()) => {}
                    Err(PostError::Gone) => return Ok(Ended::Gone),
                    Err(PostError::Throttled) => return Ok(Ended::Deferred),
                    Err(PostError::Failed(_)) => return Ok(Ended::Failed { max: MAX_FAILURES }),
                }
                self.is_open(&job.connection, progress).await?;
                progress.bytes += text.len();
                (progress.posted, progress.moved) = (Some(*id), true);
            }
            // Nothing else waits, or the call reached its bounds. A decision about a later message finds the connection
            // live.
            self.backlog_is_read(&job.connection, progress).await?;
            match next.filter(|_| !ends) {
                Some(next) => progress.goes_on_at(next),
                None => return Ok(Ended::Done),
            }
        }
    }

    /// Stores that a post to the connection succeeded, at the first one.
    async fn is_open(&self, connection: &Connection, progress: &mut Progress) -> Result<(), StoreError> {
        if !progress.open {
            self.make_live(connection).await?;
            progress.live_at.get_or_insert(self.ports.clock.now());
            progress.open = true;
        }
        Ok(())
    }

    /// Makes the connection live after the first read of waiting messages, even if nothing was posted.
    async fn backlog_is_read(&self, connection: &Connection, progress: &mut Progress) -> Result<(), StoreError> {
        if progress.live_at.is_none() {
            self.ports.presence.mark_live(connection).await?;
            self.ports.connections.note_backlog_read(&connection.id).await?;
            progress.live_at = Some(self.ports.clock.now());
        }
        Ok(())
    }
}

/// Returns the record that continues from here. Progress resets the count of failures, and halves the count of waits:
/// under load, one successful post is no reason to shorten the delay.
fn with(job: DirectPage, progress: Progress) -> DirectPage {
    let (attempts, waits) = if progress.moved { (0, job.waits / 2) } else { (job.attempts, job.waits) };
    let cursor = progress.cursor.map(|cursor| cursor.to_string());
    DirectPage {
        cursor,
        posted: progress.posted,
        live_at: progress.live_at,
        open: progress.open,
        attempts,
        waits,
        ..job
    }
}

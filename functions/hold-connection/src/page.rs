//! What waits, posted to a new connection page by page, the oldest message first.
//!
//! Pages follow one another through the queue, each after the one before was posted. The client acknowledges as it likes: what it
//! does not acknowledge waits for the next connection or pull.

use std::time::Duration;

use shared::{
    domain::connection::CONNECTING,
    lambda::{deadline::Deadline, metric::Metrics},
    offline::{Cursor, Page, PageRequest},
    ports::{
        connections::{DirectPage, DirectRecord, PostError},
        error::StoreError,
    },
};

use crate::{
    direct::{FINISH, MAX_FAILURES, count},
    frame,
    hold::HoldConnection,
};

/// The most bytes that a page posts.
pub const MAX_PAGE_BYTES: usize = 100 * 1024;
/// How many messages are read at once: even the largest fit a page.
const MESSAGES: usize = 16;
/// The most pages of a connection: more than all that waits for a user fills. What comes while they are posted is posted by itself.
const MAX_PAGES: u32 = 64;
/// How often a page is tried while posts are throttled.
const MAX_THROTTLED: u32 = 10;

/// How posting a page ended.
enum Ended {
    /// everything is posted
    Done,
    /// another page begins here
    More(Cursor),
    /// the connection is gone
    Gone,
    /// it is tried again
    Failed { most: u32 },
}

impl HoldConnection {
    /// Posts a page; `false` if the record must be redelivered.
    pub(crate) async fn post_page(&self, job: DirectPage, deadline: Deadline, metrics: &Metrics) -> bool {
        let ended = match deadline.leaving(FINISH).wait(self.post_messages(&job, metrics)).await {
            Some(Ok(ended)) => ended,
            Some(Err(error)) => {
                tracing::warn!(connection.id = %job.connection.id, error = error.chain(), "a page cannot be posted");
                Ended::Failed { most: MAX_THROTTLED }
            }
            None => Ended::Failed { most: MAX_FAILURES },
        };
        let (next, delay) = match ended {
            Ended::Done => return true,
            Ended::Gone => {
                self.drop_gone(&job.connection, deadline).await;
                return true;
            }
            Ended::More(_) if job.page + 1 >= MAX_PAGES => return true,
            Ended::More(cursor) => {
                let cursor = Some(cursor.to_string());
                (DirectPage { cursor, page: job.page + 1, attempts: 0, ..job }, Duration::ZERO)
            }
            Ended::Failed { most } if job.attempts + 1 >= most => {
                tracing::warn!(connection.id = %job.connection.id, "a page is given up; what it has waits for a pull");
                return true;
            }
            Ended::Failed { .. } => {
                let attempts = job.attempts + 1;
                (DirectPage { attempts, ..job }, self.retry_after(attempts))
            }
        };
        let queued = deadline.wait(self.ports.direct.queue_direct(&[DirectRecord::Page(next)], delay)).await;
        matches!(queued, Some(Ok(())))
    }

    async fn post_messages(&self, job: &DirectPage, metrics: &Metrics) -> Result<Ended, StoreError> {
        let connection = &job.connection;
        let Some(began) = self.may_have_what_waits(connection).await? else {
            return Ok(Ended::Done);
        };
        let mut cursor = match &job.cursor {
            Some(text) => Some(
                Cursor::parse(text, &connection.app, &connection.user)
                    .map_err(|invalid| StoreError::Corrupt(invalid.to_string()))?,
            ),
            None => None,
        };
        let mut bytes = 0;
        let mut live = job.page > 0;
        loop {
            let since = job.since.filter(|_| cursor.is_none());
            let request = PageRequest { limit: MESSAGES, cursor: cursor.clone(), since };
            let Page { messages, cursor: next } =
                self.offline.page(&connection.app, &connection.user, &request).await?;
            let frames: Vec<String> = messages.iter().map(frame::message).collect();
            let of_these: usize = frames.iter().map(String::len).sum();
            if let Some(cursor) = cursor.take().filter(|_| bytes > 0 && bytes + of_these > MAX_PAGE_BYTES) {
                return Ok(Ended::More(cursor));
            }
            bytes += of_these;
            for text in &frames {
                let posted = self.ports.posts.post(&connection.id, text).await;
                count(&posted, metrics);
                match posted {
                    Ok(()) if live => {}
                    Ok(()) => {
                        live = true;
                        self.make_live(connection).await?;
                    }
                    // It may not be open yet.
                    Err(PostError::Gone) if !live && self.ports.clock.now() < began.plus(CONNECTING) => {
                        return Ok(Ended::Failed { most: MAX_THROTTLED });
                    }
                    Err(PostError::Gone) => return Ok(Ended::Gone),
                    Err(PostError::Throttled) => return Ok(Ended::Failed { most: MAX_THROTTLED }),
                    Err(PostError::Failed(_)) => return Ok(Ended::Failed { most: MAX_FAILURES }),
                }
            }
            if !live {
                // Nothing waits. What is stored from now on finds the connection live.
                live = true;
                self.make_live(connection).await?;
            }
            match next {
                Some(next) => cursor = Some(next),
                None => return Ok(Ended::Done),
            }
        }
    }
}

//! The rest of a task's page: its messages are stored and queued, and the page is ended.

use std::time::Duration;

use shared::{
    domain::{
        message::{Content, Receiver},
        task::{Place, Task, time_for},
        time::Timestamp,
    },
    ports::{
        error::StoreError,
        queue::{DISPATCH_RECEIVERS, DispatchJob},
    },
};

use crate::{dispatch::Ports, walk_page::PageWalk};

/// Maximum tries to end a page of a task that its app changes again and again.
const MAX_CHANGES: usize = 5;
/// Maximum delay of a page that the next pages make up for.
const MAX_LAG: Duration = Duration::from_secs(10);

/// The messages of a page, or of a part of it.
pub(crate) struct PageMessages {
    pub(crate) content: Content,
    /// those without a row; all others were stored before
    pub(crate) new: Vec<Receiver>,
    /// all of them
    pub(crate) all: Vec<Receiver>,
    /// whether an earlier try may have pushed some
    pub(crate) repeat: bool,
    /// where the page goes on, if this is a part of it
    pub(crate) rest: Option<Place>,
}

impl PageWalk<'_> {
    /// Stores and queues the messages of a begun page, and ends the page, or this part of it.
    pub(crate) async fn push(&self, begun: Task, messages: &PageMessages) -> Result<Option<Task>, StoreError> {
        let Ports { walk, dispatch, clock, .. } = &self.dispatch.ports;
        let PageMessages { content, new, all, repeat, rest } = messages;
        if !new.is_empty() {
            walk.store.store(self.app, &[(content, new.as_slice())], &**clock).await?;
        }
        let job = |receivers: &[Receiver]| DispatchJob::to_users(self.app, content, receivers, *repeat);
        let jobs: Vec<DispatchJob> = all.chunks(DISPATCH_RECEIVERS).map(job).collect();
        dispatch.queue_dispatch(&jobs, Duration::ZERO).await?;
        let users = u64::try_from(all.len()).unwrap_or(u64::MAX);
        match rest {
            Some(place) => self.change(begun, |task, now| task.advance_page(users, place.clone(), now)).await,
            None => {
                let due_at = self.next_due(&begun, users).await;
                self.change(begun, |task, now| task.end_page(users, due_at, now)).await
            }
        }
    }

    /// Returns when the page after this one may begin, after the pages of the app's other tasks. Without an answer it
    /// follows this page. A page that begins late does not delay the next ones: the walk catches up.
    async fn next_due(&self, begun: &Task, users: u64) -> Timestamp {
        let Ports { walk, clock, .. } = &self.dispatch.ports;
        let now = clock.now();
        let planned = begun.walk.due_at.filter(|at| now.since(*at) < MAX_LAG).unwrap_or(now);
        let length = time_for(users, self.pushes_per_second);
        let begins = walk.rate.reserve_page(self.app, planned, length).await.unwrap_or_else(|error| {
            tracing::warn!(app = %self.app, error = error.chain(), "the time of a task's page cannot be reserved");
            planned
        });
        begins.plus(length)
    }

    /// Changes a task after its page, or a part of it. If the app paused or cancelled it meanwhile, it stays so. Returns
    /// `None` if the page is not the task's any more.
    async fn change(
        &self,
        mut begun: Task,
        changed: impl Fn(&Task, Timestamp) -> Task,
    ) -> Result<Option<Task>, StoreError> {
        let Ports { walk, clock, .. } = &self.dispatch.ports;
        for _ in 0..MAX_CHANGES {
            let after = changed(&begun, clock.now());
            if walk.tasks.change_task(self.app, &after).await? {
                return Ok(Some(after));
            }
            match walk.tasks.task(self.app, begun.id).await? {
                Some(other) if other.is_in_same_page(&begun) => begun = other,
                _ => return Ok(None),
            }
        }
        Err(StoreError::Conflict)
    }
}

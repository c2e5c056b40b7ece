//! One page of a task: it is begun, pushed and ended.
//!
//! Whoever changes the task first goes on, the others do nothing. A page that was begun before is repeated only when
//! nobody can work on it any more. Its users keep their ids as far as they have rows, so each has one message.

use std::time::Duration;

use shared::{
    domain::{
        id::{AppKey, MessageId, UserId},
        message::{Content, Receiver},
        task::{BegunPage, MAX_PAGE_USERS, Place, Task, page_users, time_for},
        time::Timestamp,
    },
    ports::{
        error::StoreError,
        queue::{DISPATCH_RECEIVERS, DispatchJob},
    },
};

use crate::{
    dispatch::{Dispatch, Ports},
    walk::FoundUsers,
};

/// Maximum tries to end a page of a task that its app changes again and again.
const MAX_CHANGES: usize = 5;
/// Maximum delay of a page that the next pages make up for.
const MAX_LAG: Duration = Duration::from_secs(10);

/// Walks a page of one of an app's tasks.
pub(crate) struct PageWalk<'a> {
    pub(crate) dispatch: &'a Dispatch,
    pub(crate) app: &'a AppKey,
    pub(crate) pushes_per_second: u32,
}

/// The messages of a page, or of a part of it.
struct PageMessages {
    content: Content,
    /// those without a row; all others were stored before
    new: Vec<Receiver>,
    /// all of them
    all: Vec<Receiver>,
    /// whether an earlier try may have pushed some
    repeat: bool,
    /// where the page goes on, if this is a part of it
    rest: Option<Place>,
}

impl PageWalk<'_> {
    /// Begins the next page of a task, and pushes it. Returns the task after it, or `None` if somebody else changed the
    /// task first.
    pub(crate) async fn new_page(&self, task: &Task) -> Result<Option<Task>, StoreError> {
        let Ports { walk, clock, entropy, .. } = &self.dispatch.ports;
        let part = (&task.walk.place, None);
        let found = walk.users(self.app, &task.audience, part, page_users(self.pushes_per_second)).await?;
        let Some(FoundUsers { users, more }) = found.filter(|found| !found.users.is_empty()) else {
            return self.end_without_users(task).await;
        };
        let Some(content) = self.content(task).await? else {
            return self.end_without_users(task).await;
        };
        let now = clock.now();
        let msg_id = entropy.message_id(now);
        let end = users.last().filter(|_| more).map(Place::behind);
        let begun = task.begin_page(msg_id, end, now);
        if !walk.tasks.change_task(self.app, &begun).await? {
            return Ok(None);
        }
        let all = receivers(users, msg_id);
        let new = all.clone();
        self.push(begun, &PageMessages { content: content.renewed(now), new, all, repeat: false, rest: None }).await
    }

    /// Repeats a page that was begun before. Returns the task after it, or `None` if somebody else changed the task
    /// first.
    pub(crate) async fn repeated_page(&self, task: &Task, page: &BegunPage) -> Result<Option<Task>, StoreError> {
        let Ports { walk, clock, entropy, .. } = &self.dispatch.ports;
        let part = (&task.walk.place, page.end.as_ref());
        let found = walk.users(self.app, &task.audience, part, MAX_PAGE_USERS).await?;
        let (Some(FoundUsers { users, more }), Some(content)) = (found, self.content(task).await?) else {
            return self.end_without_users(task).await;
        };
        tracing::warn!(app = %self.app, task.id = %task.id, step = task.walk.step, users = users.len(), "a page of a task is repeated");
        let rest = users.last().filter(|_| more).map(Place::behind);
        let (stored, missing) = self.stored(page, &content, users).await?;
        let now = clock.now();
        let (claimed, msg_id) = match page.newest() {
            Some(newest) if missing.is_empty() || !page.needs_id(&content, now) => (task.claim_page(now), newest),
            _ => {
                let mut used: Vec<MessageId> = stored.iter().map(|receiver| receiver.msg_id).collect();
                used.dedup();
                let new = entropy.message_id(now);
                (task.renew_page(&used, new, now), new)
            }
        };
        if !walk.tasks.change_task(self.app, &claimed).await? {
            return Ok(None);
        }
        let new = receivers(missing, msg_id);
        let all = [stored, new.clone()].concat();
        // A push under an older id may be pushed for as long as one under a new id.
        self.push(claimed, &PageMessages { content: content.renewed(now), new, all, repeat: true, rest }).await
    }

    /// Returns the users of a page who have rows, with their ids, and the others.
    async fn stored(
        &self,
        page: &BegunPage,
        content: &Content,
        users: Vec<UserId>,
    ) -> Result<(Vec<Receiver>, Vec<UserId>), StoreError> {
        let (mut stored, mut missing) = (Vec::new(), users);
        // Rows outside the offline store are not found, and may be written again.
        let ids = if content.is_beside_store() { &[][..] } else { &page.ids[..] };
        for msg_id in ids.iter().rev() {
            let asked = receivers(std::mem::take(&mut missing), *msg_id);
            let found = self.dispatch.ports.walk.stored.stored(self.app, &asked).await?;
            for (receiver, is_stored) in asked.into_iter().zip(found) {
                match is_stored {
                    true => stored.push(receiver),
                    false => missing.push(receiver.user),
                }
            }
        }
        Ok((stored, missing))
    }

    /// Stores and queues the messages of a begun page, and ends the page, or this part of it.
    async fn push(&self, begun: Task, messages: &PageMessages) -> Result<Option<Task>, StoreError> {
        let Ports { walk, dispatch, clock, .. } = &self.dispatch.ports;
        let PageMessages { content, new, all, repeat, rest } = messages;
        if !new.is_empty() {
            walk.store.store(self.app, &[(content, new.as_slice())], &**clock).await?;
        }
        let job = |receivers: &[Receiver]| page_job(self.app, content, receivers, *repeat);
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

    /// Ends a task that has nobody left: every user is walked, or its label is gone.
    async fn end_without_users(&self, task: &Task) -> Result<Option<Task>, StoreError> {
        let Ports { walk, clock, .. } = &self.dispatch.ports;
        let ended = task.without_users(clock.now());
        Ok(walk.tasks.change_task(self.app, &ended).await?.then_some(ended))
    }

    /// Reads what a task pushes.
    async fn content(&self, task: &Task) -> Result<Option<Content>, StoreError> {
        let mut content = self.dispatch.ports.walk.contents.task_content(self.app, task.id).await?;
        match &mut content {
            Some(content) => content.instant.get_or_insert_default().task = Some(task.id),
            None => tracing::error!(app = %self.app, task.id = %task.id, "a task has no content, and ends"),
        }
        Ok(content)
    }
}

fn receivers(users: Vec<UserId>, msg_id: MessageId) -> Vec<Receiver> {
    users.into_iter().map(|user| Receiver { user, msg_id }).collect()
}

fn page_job(app: &AppKey, content: &Content, receivers: &[Receiver], repeat: bool) -> DispatchJob {
    DispatchJob {
        app: app.clone(),
        content: content.clone(),
        page: None,
        members: None,
        receivers: receivers.to_vec(),
        recheck_at: None,
        waited: None,
        connections: None,
        pushed: Vec::new(),
        vendor_failed: false,
        attempts: 0,
        repeat,
    }
}

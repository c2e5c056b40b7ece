//! The beginning of a task's page: it is begun, or a page that was begun before is repeated.
//!
//! Whoever changes the task first goes on, the others do nothing. A page that was begun before is repeated only when
//! nobody can work on it any more. Its users keep their ids as far as they have rows, so each has one message.

use shared::{
    domain::{
        id::{AppKey, MessageId, UserId},
        message::{Content, Receiver},
        task::{BegunPage, MAX_PAGE_USERS, Place, Task, page_users},
    },
    ports::error::StoreError,
};

use crate::{
    dispatch::{Dispatch, Ports},
    walk::FoundUsers,
    walk_push::PageMessages,
};

/// Walks a page of one of an app's tasks.
pub(crate) struct PageWalk<'a> {
    pub(crate) dispatch: &'a Dispatch,
    pub(crate) app: &'a AppKey,
    pub(crate) pushes_per_second: u32,
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

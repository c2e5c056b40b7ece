//! Deletes an app: its groups, its push labels, its users, its tasks, and finally its name.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use shared::{
    domain::{
        directory::{Month, Shard},
        id::{AppKey, GroupId, UserId},
        statistics::{Hour, hours_by_day},
        time::Timestamp,
    },
    ports::{apps::Remains, erase_queue::EraseApp, error::StoreError},
};

use crate::{
    erase::{Erase, Swept},
    work::Work,
};

/// Users in one read.
const USERS_AT_ONCE: usize = 100;
/// Users erased at the same time.
const PARALLEL_USERS: usize = 8;
/// Groups in one read.
const GROUPS_AT_ONCE: usize = 25;
/// Maximum difference of two clocks.
const RECENT: Duration = Duration::from_secs(600);
/// Rows of a group's messages removed in one step.
const PAGE: usize = 500;

impl Erase {
    /// Erases groups and push labels first, and then the listed users, because a removed group or label removes many
    /// rows of users at once. No sweep begins after the last one, even for another record. The name becomes free after
    /// the sweeps that had begun have ended.
    pub(crate) async fn sweep_app(&self, job: &EraseApp, work: &Work) -> Result<Swept, StoreError> {
        let Some(remains) = self.ports.app_names.remains(&job.app, job.at).await? else {
            return Ok(Swept::Nothing);
        };
        if remains.swept {
            return self.free_name(job).await;
        }
        let (app, now) = (&job.app, self.ports.clock.now());
        let mut kept = Kept::default();
        if !kept.unless_corrupt(self.erase_groups(app, &remains, now, work).await)?
            || !kept.unless_corrupt(self.erase_labels(app, work).await)?
            || !kept.unless_corrupt(self.erase_users(app, now, work).await)?
        {
            return Ok(Swept::Part);
        }
        kept.none()?;
        for name in &remains.notifiers {
            self.ports.notifiers.forget_notifier(app, name).await?;
        }
        if !self.erase_tasks(app, work).await? || !self.erase_callbacks(app, work).await? {
            return Ok(Swept::Part);
        }
        if Self::is_last(job.progress.sweep) {
            self.ports.app_names.note_swept(app, job.at).await?;
        }
        Ok(Swept::All)
    }

    async fn free_name(&self, job: &EraseApp) -> Result<Swept, StoreError> {
        let app = &job.app;
        self.erase_recent_counts(app).await?;
        if Self::frees(job.progress.sweep) && !self.ports.app_names.free_name(app, job.at).await? {
            tracing::warn!(%app, "the name of a deleted app stays held: run the backfill, and delete the app again");
        }
        Ok(Swept::All)
    }

    /// Removes the counts of recent hours, which a later app with this name could see. The others expire by their time
    /// to live, which costs nothing.
    async fn erase_recent_counts(&self, app: &AppKey) -> Result<(), StoreError> {
        let now = self.ports.clock.now();
        let (from, to) = (Hour::of(now.minus(RECENT)), Hour::of(now.plus(RECENT)).next());
        for hours in hours_by_day(from, to) {
            self.ports.counts.erase_counts(app, hours).await?;
        }
        Ok(())
    }

    /// Erases the listed users. Returns `false` if the time ran out before the last one.
    async fn erase_users(&self, app: &AppKey, now: Timestamp, work: &Work) -> Result<bool, StoreError> {
        let mut kept = Kept::default();
        for shard in Shard::all() {
            let mut after = None;
            loop {
                let users = self.ports.directory.users(app, shard, after.as_ref(), USERS_AT_ONCE).await?;
                let Some(last) = users.last().cloned() else { break };
                let all = stream::iter(users)
                    .map(|user| async move { self.erase_user(app, &user, now, work).await })
                    .buffer_unordered(PARALLEL_USERS)
                    .map(|erased| kept.unless_corrupt(erased))
                    .try_fold(true, |all, done| async move { Ok(all && done) })
                    .await?;
                if !all {
                    return Ok(false);
                }
                after = Some(last);
            }
        }
        kept.none()
    }

    /// Erases a user. The directory's row goes last, so that a retry after a crash finds the user again.
    async fn erase_user(&self, app: &AppKey, user: &UserId, now: Timestamp, work: &Work) -> Result<bool, StoreError> {
        if !self.erase_messages(app, user, now, work).await?
            || !self.leave_groups(app, user, now, work).await?
            || !self.unlabel(app, user, now, work).await?
        {
            return Ok(false);
        }
        self.ports.users.forget_user(app, user).await?;
        Ok(true)
    }

    /// Erases the listed groups. Returns `false` if the time ran out before the last one.
    async fn erase_groups(
        &self,
        app: &AppKey,
        remains: &Remains,
        now: Timestamp,
        work: &Work,
    ) -> Result<bool, StoreError> {
        let mut kept = Kept::default();
        let mut month = remains.created_at.map_or(Month::FIRST, Month::of);
        while month <= Month::of(now) {
            let mut after = None;
            loop {
                let groups = self.ports.group_directory.groups(app, month, after.as_ref(), GROUPS_AT_ONCE).await?;
                let Some(last) = groups.last().cloned() else { break };
                for (created_at, group) in groups {
                    if !kept.unless_corrupt(self.erase_group(app, &group, created_at, work).await)? {
                        return Ok(false);
                    }
                }
                after = Some(last);
            }
            month = month.next();
        }
        kept.none()
    }

    /// Removes tasks and stored pushes. Returns `false` if the time ran out before the last page.
    async fn erase_tasks(&self, app: &AppKey, work: &Work) -> Result<bool, StoreError> {
        while work.may_begin() {
            if !self.ports.tasks.erase_tasks(app, PAGE).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Removes stored callbacks. Returns `false` if the time ran out before the last page.
    async fn erase_callbacks(&self, app: &AppKey, work: &Work) -> Result<bool, StoreError> {
        while work.may_begin() {
            if !self.ports.callbacks.erase_callbacks(app, PAGE).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn erase_group(
        &self,
        app: &AppKey,
        group: &GroupId,
        created_at: Timestamp,
        work: &Work,
    ) -> Result<bool, StoreError> {
        loop {
            if !work.may_begin() {
                return Ok(false);
            }
            if !self.ports.messages.erase_group_messages(app, group, PAGE).await? {
                break;
            }
        }
        self.ports.groups.delete_group(app, group).await?;
        self.ports.group_rows.forget_group(app, group, created_at).await?;
        Ok(true)
    }
}

/// The first row that could not be read. The rest of the sweep goes on. The sweep then counts as failed, and the app's
/// name stays reserved until the row is repaired.
#[derive(Default)]
struct Kept(Option<StoreError>);

impl Kept {
    /// Returns whether the step is complete, or `false` if the time ran out. A corrupt row is remembered, and counts as
    /// complete for this sweep.
    fn unless_corrupt(&mut self, erased: Result<bool, StoreError>) -> Result<bool, StoreError> {
        match erased {
            Err(StoreError::Corrupt(what)) => {
                self.0 = Some(StoreError::Corrupt(what));
                Ok(true)
            }
            erased => erased,
        }
    }

    /// Returns `true`, or the error of the row that is left.
    fn none(self) -> Result<bool, StoreError> {
        self.0.map_or(Ok(true), Err)
    }
}

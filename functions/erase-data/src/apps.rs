//! Deletion of an app: its groups, its users, and at last its name.

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

/// How many users are read at once.
const USERS_AT_ONCE: usize = 100;
/// How many of them are erased at a time.
const PARALLEL_USERS: usize = 8;
/// How many groups are read at once.
const GROUPS_AT_ONCE: usize = 25;
/// How far clocks may be apart.
const RECENT: Duration = Duration::from_secs(600);
/// How many rows of a group's messages go at once.
const PAGE: usize = 500;

impl Erase {
    /// Erases the groups, then whom the directory tells: a group goes with many members at once. After the last sweep none begins any
    /// more, be it of another record, and once those that had begun are over the name is free.
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
            || !kept.unless_corrupt(self.erase_users(app, now, work).await)?
        {
            return Ok(Swept::Part);
        }
        kept.none()?;
        for name in &remains.notifiers {
            self.ports.notifiers.forget_notifier(app, name).await?;
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

    /// Removes the counts of the hours that the next app of that name may ask for: none before its creation is shown. The others are removed
    /// by their time to live, which costs nothing.
    async fn erase_recent_counts(&self, app: &AppKey) -> Result<(), StoreError> {
        let now = self.ports.clock.now();
        let (from, to) = (Hour::of(now.minus(RECENT)), Hour::of(now.plus(RECENT)).next());
        for hours in hours_by_day(from, to) {
            self.ports.counts.erase_counts(app, hours).await?;
        }
        Ok(())
    }

    /// `false` if the time is over before the last user.
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

    /// Erases a user; the directory's row goes last, so that whoever goes on after a crash finds the user again.
    async fn erase_user(&self, app: &AppKey, user: &UserId, now: Timestamp, work: &Work) -> Result<bool, StoreError> {
        if !self.erase_messages(app, user, now, work).await? || !self.leave_groups(app, user, now, work).await? {
            return Ok(false);
        }
        self.ports.users.forget_user(app, user).await?;
        Ok(true)
    }

    /// `false` if the time is over before the last group.
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

/// What could not be erased because a row of it cannot be read. It keeps nothing else from being erased, and the name from being freed.
#[derive(Default)]
struct Kept(Option<StoreError>);

impl Kept {
    /// Whether it is done with; `false` if the time was over. What is corrupt is remembered, and done with for this sweep.
    fn unless_corrupt(&mut self, erased: Result<bool, StoreError>) -> Result<bool, StoreError> {
        match erased {
            Err(StoreError::Corrupt(what)) => {
                self.0 = Some(StoreError::Corrupt(what));
                Ok(true)
            }
            erased => erased,
        }
    }

    /// `true`, or why something is left.
    fn none(self) -> Result<bool, StoreError> {
        self.0.map_or(Ok(true), Err)
    }
}

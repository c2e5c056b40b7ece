//! A record from its first sweep to its last.

use std::{sync::Arc, time::Duration};

use shared::{
    domain::{retry, time::Timestamp},
    lambda::{batch::dead_letter, deadline::Deadline, metric::Metrics},
    name_ports,
    ports::{
        apps::{ForgetNotifier, FreeAppName},
        clock::{Clock, Entropy},
        directory::{ListUser, ReadDirectory, ReadGroupDirectory},
        erase_queue::{EraseProgress, EraseRecord, QueueErase},
        erasure::{EraseGroups, EraseMessages, ForgetUser},
        error::StoreError,
        groups::{ManageGroups, ReadMemberships},
        queue::{DeadLetterRecord, ReturnRecord},
        statistics::EraseCounts,
    },
};

use crate::work::Work;

/// The queue's name in logs and metrics.
pub const QUEUE: &str = "erase";
/// When an erasure is swept again, counted from its beginning: after the caches of the functions ended, and after what was under way then.
const SWEEPS: [Duration; 2] = [Duration::from_secs(120), Duration::from_secs(900)];
/// When the name of a deleted app is freed after its last sweep: later than any invocation ends that began before. One that swept on
/// would erase users of the next app of that name.
const FREED_AFTER: Duration = Duration::from_secs(60);
/// How long before the end of its time a sweep begins no step any more. A step that lasts longer is cut off, which is a failure: the
/// tables are slow, and the next try waits.
const STEP: Duration = Duration::from_secs(5);
/// What queueing a record at the end of an invocation may take.
const QUEUEING: Duration = Duration::from_secs(3);
/// How often in a row an erasure may fail: about three days.
const MAX_ATTEMPTS: u32 = 300;

/// What the function works with.
pub struct Erase {
    /// its ports
    pub ports: Ports,
}

name_ports! { Erase { ports } }

/// What an erasure calls.
pub struct Ports {
    /// removes what decides
    pub users: Arc<dyn ForgetUser>,
    /// who the users of an app are
    pub directory: Arc<dyn ReadDirectory>,
    /// lists whom a race left unlisted
    pub listing: Arc<dyn ListUser>,
    /// removes messages
    pub messages: Arc<dyn EraseMessages>,
    /// which groups a user is in
    pub memberships: Arc<dyn ReadMemberships>,
    /// which groups an app has
    pub group_directory: Arc<dyn ReadGroupDirectory>,
    /// removes groups
    pub groups: Arc<dyn ManageGroups>,
    /// ends memberships
    pub group_rows: Arc<dyn EraseGroups>,
    /// frees the names of apps
    pub app_names: Arc<dyn FreeAppName>,
    /// removes what is remembered of notifiers
    pub notifiers: Arc<dyn ForgetNotifier>,
    /// removes statistics
    pub counts: Arc<dyn EraseCounts>,
    /// the queue `erase`
    pub queue: Arc<dyn QueueErase>,
    /// returns records that cannot be read
    pub returns: Arc<dyn ReturnRecord>,
    /// its dead letters
    pub dead_letters: Arc<dyn DeadLetterRecord>,
    /// the time
    pub clock: Arc<dyn Clock>,
    /// jitter
    pub entropy: Arc<dyn Entropy>,
}

name_ports! { Ports {
    users, directory, listing, messages, memberships, group_directory, groups, group_rows, app_names, notifiers,
    counts, queue, returns, dead_letters, clock, entropy
} }

/// How far a sweep came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swept {
    /// nothing is left of what it looks for
    All,
    /// the time is over
    Part,
    /// there is nothing to erase any more
    Nothing,
}

impl Erase {
    /// Works on a record until its time is over, and queues what follows; `false` if the record must be redelivered.
    pub async fn run(&self, id: &str, record: &EraseRecord, deadline: Deadline, metrics: &Metrics) -> bool {
        let progress = record.progress();
        let (next, delay) = match self.try_sweep(record, deadline.leaving(QUEUEING)).await {
            Ok(Swept::Nothing) => return true,
            Ok(Swept::Part) => (EraseProgress { attempts: 0, ..progress }, Duration::ZERO),
            Ok(Swept::All) => match self.next_sweep(record, progress) {
                Some(next) => next,
                None => {
                    tracing::info!(app = %record.app(), "an erasure is complete");
                    return true;
                }
            },
            Err(error) => {
                let attempts = progress.attempts.saturating_add(1);
                tracing::warn!(app = %record.app(), attempts, error = error.chain(), "an erasure failed and is tried again");
                if attempts > MAX_ATTEMPTS {
                    return self.give_up(id, record, &error, metrics).await;
                }
                let delay = retry::ERASE.delay(attempts, None, self.ports.entropy.fraction());
                (EraseProgress { attempts, ..progress }, delay)
            }
        };
        match deadline.wait(self.ports.queue.queue_erase(&record.with(next), delay)).await {
            Some(Ok(())) => true,
            failed => {
                let error = failed.and_then(Result::err).map(|error| error.chain());
                tracing::warn!(app = %record.app(), error, "an erasure could not be queued again");
                false
            }
        }
    }

    /// Sweeps until the time is over. What is cut off is taken up by the next invocation; who comes to nothing in a whole one must not
    /// begin another at once.
    async fn try_sweep(&self, record: &EraseRecord, deadline: Deadline) -> Result<Swept, StoreError> {
        let work = Work::until(deadline.leaving(STEP));
        match deadline.wait(self.sweep(record, &work)).await {
            Some(Ok(Swept::Part)) if work.is_nothing() => Err(StoreError::Throttled),
            Some(swept) => swept,
            None => Err(StoreError::Throttled),
        }
    }

    async fn sweep(&self, record: &EraseRecord, work: &Work) -> Result<Swept, StoreError> {
        match record {
            EraseRecord::User1(job) => self.sweep_user(job, work).await,
            EraseRecord::App1(job) => self.sweep_app(job, work).await,
        }
    }

    /// The sweep that follows, or for an app the step that frees its name, and how long it waits; `None` after the last.
    fn next_sweep(&self, record: &EraseRecord, progress: EraseProgress) -> Option<(EraseProgress, Duration)> {
        let is_app = matches!(record, EraseRecord::App1(_));
        let delay = match SWEEPS.get(usize::try_from(progress.sweep).ok()?) {
            Some(due) => self.until(record.at().plus(*due)),
            None if is_app && !Self::frees(progress.sweep) => FREED_AFTER,
            None => return None,
        };
        Some((EraseProgress { sweep: progress.sweep + 1, attempts: 0 }, delay))
    }

    /// Whether a sweep of this number is the last.
    pub fn is_last(sweep: u32) -> bool {
        usize::try_from(sweep).is_ok_and(|sweep| sweep >= SWEEPS.len())
    }

    /// Whether a step of this number comes after the last sweep.
    pub fn frees(sweep: u32) -> bool {
        sweep.checked_sub(1).is_some_and(Self::is_last)
    }

    fn until(&self, due: Timestamp) -> Duration {
        due.since(self.ports.clock.now())
    }

    async fn give_up(&self, id: &str, record: &EraseRecord, error: &StoreError, metrics: &Metrics) -> bool {
        let raw = serde_json::to_string(record).unwrap_or_default();
        let reason = format!("the erasure failed {MAX_ATTEMPTS} times, at last: {error}");
        dead_letter(id, &raw, &reason, QUEUE, &*self.ports.dead_letters, metrics).await
    }
}

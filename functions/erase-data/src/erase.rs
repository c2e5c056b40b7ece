//! Processes a record from its first sweep to its last.

use std::{sync::Arc, time::Duration};

use shared::{
    domain::{retry, time::Timestamp},
    lambda::{batch::dead_letter, deadline::Deadline, metric::Metrics},
    name_ports,
    ports::{
        apps::{ForgetNotifier, FreeAppName},
        callbacks::EraseCallbacks,
        clock::{Clock, Entropy},
        directory::{ListUser, ReadDirectory, ReadGroupDirectory},
        erase_queue::{EraseProgress, EraseRecord, QueueErase},
        erasure::{EraseGroups, EraseMessages, ForgetUser},
        error::StoreError,
        groups::{ManageGroups, ReadMemberships},
        push_labels::{EraseLabels, ManageLabels},
        queue::{DeadLetterRecord, ReturnRecord},
        statistics::EraseCounts,
        tasks::EraseTasks,
    },
};

use crate::work::Work;

/// The queue's name in logs and metrics.
pub const QUEUE: &str = "erase";
/// Times of the later sweeps, from the beginning of the erasure: after caches have expired, and after invocations of
/// that time have ended.
const SWEEPS: [Duration; 2] = [Duration::from_secs(120), Duration::from_secs(900)];
/// Delay between the last sweep and the release of a deleted app's name. It is longer than any invocation that began
/// before. A sweep after the release would erase users of the next app with that name.
const FREED_AFTER: Duration = Duration::from_secs(60);
/// Time before the end of a sweep after which no step begins. A step that lasts longer is cut off and counts as a
/// failure, because the tables are slow and the next try should wait.
const STEP: Duration = Duration::from_secs(5);
/// Time reserved for queueing a record at the end of an invocation.
const QUEUEING: Duration = Duration::from_secs(3);
/// Maximum failures in a row of an erasure: about three days.
const MAX_ATTEMPTS: u32 = 300;

/// The use case of the function.
pub struct Erase {
    /// its ports
    pub ports: Ports,
}

name_ports! { Erase { ports } }

/// The ports of the use case.
pub struct Ports {
    /// removes what decisions read
    pub users: Arc<dyn ForgetUser>,
    /// reads the users of an app
    pub directory: Arc<dyn ReadDirectory>,
    /// lists users whom a race left unlisted
    pub listing: Arc<dyn ListUser>,
    /// removes messages
    pub messages: Arc<dyn EraseMessages>,
    /// reads the groups of a user
    pub memberships: Arc<dyn ReadMemberships>,
    /// reads the groups of an app
    pub group_directory: Arc<dyn ReadGroupDirectory>,
    /// removes groups
    pub groups: Arc<dyn ManageGroups>,
    /// ends memberships
    pub group_rows: Arc<dyn EraseGroups>,
    /// deletes push labels
    pub labels: Arc<dyn ManageLabels>,
    /// takes push labels from users
    pub label_rows: Arc<dyn EraseLabels>,
    /// frees the names of apps
    pub app_names: Arc<dyn FreeAppName>,
    /// removes the stored state of notifiers
    pub notifiers: Arc<dyn ForgetNotifier>,
    /// removes statistics
    pub counts: Arc<dyn EraseCounts>,
    /// removes stored callbacks
    pub callbacks: Arc<dyn EraseCallbacks>,
    /// removes tasks
    pub tasks: Arc<dyn EraseTasks>,
    /// the queue `erase`
    pub queue: Arc<dyn QueueErase>,
    /// returns unreadable records
    pub returns: Arc<dyn ReturnRecord>,
    /// its dead-letter queue
    pub dead_letters: Arc<dyn DeadLetterRecord>,
    /// tells the time
    pub clock: Arc<dyn Clock>,
    /// gives jitter
    pub entropy: Arc<dyn Entropy>,
}

name_ports! { Ports {
    users, directory, listing, messages, memberships, group_directory, groups, group_rows, labels, label_rows,
    app_names, notifiers, counts, callbacks, tasks, queue, returns, dead_letters, clock, entropy
} }

/// The result of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swept {
    /// nothing is left
    All,
    /// the time ran out
    Part,
    /// the erasure does not exist any more
    Nothing,
}

impl Erase {
    /// Processes a record until the time runs out, and queues the next step. Returns `false` if SQS must redeliver the
    /// record.
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

    /// Sweeps until the time runs out. The next invocation continues. A sweep that was cut off, or that completed no
    /// step, returns an error, so that the next one is delayed.
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
            EraseRecord::Label1(job) => self.sweep_label(job, work).await,
        }
    }

    /// Returns the next sweep and its delay. For an app, the step that frees the name comes last. Returns `None` after
    /// the last one. A deleted label has one sweep only: nobody gets it any more.
    fn next_sweep(&self, record: &EraseRecord, progress: EraseProgress) -> Option<(EraseProgress, Duration)> {
        if matches!(record, EraseRecord::Label1(_)) {
            return None;
        }
        let is_app = matches!(record, EraseRecord::App1(_));
        let delay = match SWEEPS.get(usize::try_from(progress.sweep).ok()?) {
            Some(due) => self.until(record.at().plus(*due)),
            None if is_app && !Self::frees(progress.sweep) => FREED_AFTER,
            None => return None,
        };
        Some((EraseProgress { sweep: progress.sweep + 1, attempts: 0 }, delay))
    }

    /// Returns whether this sweep is the last.
    pub fn is_last(sweep: u32) -> bool {
        usize::try_from(sweep).is_ok_and(|sweep| sweep >= SWEEPS.len())
    }

    /// Returns whether this step comes after the last sweep.
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

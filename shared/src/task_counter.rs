//! Counts of tasks' pushes: a function counts during a batch, and writes at its end.
//!
//! A push is counted after its end is recorded, and only if the record is new. Counts that may not have been written are
//! lost and logged: they are never doubled.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::{StreamExt, stream};

use crate::{
    domain::{
        id::{AppKey, TaskId},
        statistics::Counted,
        task::TaskCounts,
    },
    lambda::deadline::Deadline,
    name_ports,
    ports::{names::NoPort, tasks::CountTaskPushes},
};

/// Maximum time to write counts.
const WRITING: Duration = Duration::from_secs(1);
/// Tasks written at the same time.
const PARALLEL: usize = 8;
/// Maximum tasks of a batch. One has at most a thousand records, and few of them are of different tasks.
const MAX_TASKS: usize = 1000;

/// The counts of a batch.
pub struct TaskCounter {
    store: Arc<dyn CountTaskPushes>,
    counts: Mutex<Counts>,
}

name_ports! { TaskCounter { store } without { counts } }

#[derive(Default)]
struct Counts {
    tasks: BTreeMap<(AppKey, TaskId), TaskCounts>,
    /// counts that did not fit
    dropped: u64,
}

impl NoPort for Counts {}

impl TaskCounter {
    /// Returns a counter without counts.
    pub fn new(store: Arc<dyn CountTaskPushes>) -> Self {
        Self { store, counts: Mutex::default() }
    }

    /// Adds `times` to a count, if a task pushed the message.
    pub fn count(&self, app: &AppKey, task: Option<TaskId>, counted: Counted, times: u64) {
        self.add(app, task, times, |counts| counts.count(counted, times));
    }

    /// Adds a receiver whose push was recalled before anybody took it, if a task pushed the message.
    pub fn count_recalled(&self, app: &AppKey, task: Option<TaskId>) {
        self.add(app, task, 1, TaskCounts::count_recalled);
    }

    fn add(&self, app: &AppKey, task: Option<TaskId>, times: u64, add: impl FnOnce(&mut TaskCounts)) {
        let Some(task) = task else { return };
        let mut counts = self.lock();
        let key = (app.clone(), task);
        if counts.tasks.len() >= MAX_TASKS && !counts.tasks.contains_key(&key) {
            counts.dropped = counts.dropped.saturating_add(times);
            return;
        }
        add(counts.tasks.entry(key).or_default());
    }

    /// Writes the counts, within the deadline. It never fails, because nothing depends on it.
    pub async fn flush(&self, deadline: Deadline) {
        let Counts { tasks, dropped } = std::mem::take(&mut *self.lock());
        if tasks.is_empty() && dropped == 0 {
            return;
        }
        let until = deadline.min(Deadline::after(WRITING));
        let written = stream::iter(tasks).for_each_concurrent(PARALLEL, |((app, task), counts)| async move {
            let error = match until.wait(self.store.add_task_counts(&app, task, &counts)).await {
                Some(Ok(())) => return,
                Some(Err(error)) => error.chain(),
                None => "no time was left".to_owned(),
            };
            tracing::warn!(app = %app, task.id = %task, ?counts, error, "counts of a task may be lost");
        });
        written.await;
        if dropped > 0 {
            tracing::warn!(counts = dropped, "counts of tasks are lost: a batch has too many tasks");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

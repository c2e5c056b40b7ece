//! Counts of tasks' pushes: a function counts in memory, and writes at the end of a batch or from time to time.
//!
//! A push is counted after its end is recorded, and only if the record is new. Counts that may not have been written are
//! lost and logged: they are never doubled. What waits is lost without a log when its process ends.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::{StreamExt, stream};

use crate::{
    domain::{
        id::{AppKey, TaskId},
        statistics::{Counted, FlushCredit},
        task::TaskCounts,
        time::Timestamp,
    },
    lambda::deadline::Deadline,
    name_ports,
    ports::{names::NoPort, tasks::CountTaskPushes},
};

/// Maximum time to write counts.
const WRITING: Duration = Duration::from_secs(1);
/// Tasks written at the same time.
const PARALLEL: usize = 8;
/// Maximum tasks in memory. A batch has at most a thousand records, and few of them are of different tasks.
const MAX_TASKS: usize = 1000;
/// Tasks that cause a flush, whatever the time of the last one.
const FULL: usize = 500;

/// The counts of a process.
pub struct TaskCounter {
    store: Arc<dyn CountTaskPushes>,
    counts: Mutex<Counts>,
}

name_ports! { TaskCounter { store } without { counts } }

struct Counts {
    tasks: BTreeMap<(AppKey, TaskId), TaskCounts>,
    /// counts that did not fit
    dropped: u64,
    /// what flushes may cost
    credit: FlushCredit,
}

impl NoPort for Counts {}

impl TaskCounter {
    /// Returns a counter without counts, for a function that writes at the end of each batch.
    pub fn new(store: Arc<dyn CountTaskPushes>) -> Self {
        Self::flushed_every(Duration::ZERO, store)
    }

    /// Returns a counter without counts, for a function that writes as statistics are written.
    pub fn flushed_every(every: Duration, store: Arc<dyn CountTaskPushes>) -> Self {
        let counts = Counts { tasks: BTreeMap::new(), dropped: 0, credit: FlushCredit::full(every) };
        Self { store, counts: Mutex::new(counts) }
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

    /// Writes the counts as [`flush`](Self::flush), unless they may wait: the first ones after an idle time are written
    /// at once.
    pub async fn flush_if_due(&self, now: Timestamp, deadline: Deadline) {
        if self.is_due(now) {
            self.flush(deadline).await;
        }
    }

    fn is_due(&self, now: Timestamp) -> bool {
        let mut counts = self.lock();
        let tasks = counts.tasks.len();
        let is_due = tasks >= FULL || tasks > 0 && counts.credit.allows(tasks, now);
        if is_due {
            counts.credit.spend(tasks, now);
        }
        is_due
    }

    /// Writes the counts, within the deadline. It never fails, because nothing depends on it.
    pub async fn flush(&self, deadline: Deadline) {
        let (tasks, dropped) = self.take();
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
            tracing::warn!(counts = dropped, "counts of tasks are lost: there are too many tasks at once");
        }
    }

    fn take(&self) -> (BTreeMap<(AppKey, TaskId), TaskCounts>, u64) {
        let mut counts = self.lock();
        (std::mem::take(&mut counts.tasks), std::mem::take(&mut counts.dropped))
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;
    use crate::{
        domain::{
            instant::Strategy,
            task::{Audience, NewTask, Task},
            vendor::Vendor,
        },
        ports::{
            clock::Clock,
            tasks::{CreateTask, ReadTaskCounts},
        },
        testing::{
            chance::FixedClock,
            memory::MemoryRuntime,
            sample::{self, app_key},
        },
    };

    const EVERY: Duration = Duration::from_secs(10);

    struct World {
        clock: FixedClock,
        table: Arc<MemoryRuntime>,
        counter: TaskCounter,
    }

    impl World {
        fn start() -> Self {
            let (clock, table) = (FixedClock::default(), Arc::new(MemoryRuntime::default()));
            let counter = TaskCounter::flushed_every(EVERY, table.clone());
            Self { clock, table, counter }
        }

        /// Creates a task. Its app is its own, so none has too many.
        async fn task(&self, number: u128) -> (AppKey, TaskId) {
            let (app, now) = (app_key(&format!("acme#chat{number}")), self.clock.now());
            let task = Task::new(
                NewTask {
                    id: TaskId::new(now, number),
                    audience: Audience::Everyone,
                    title: "Sale".into(),
                    strategy: Strategy::default(),
                    starts_at: None,
                },
                now,
            );
            let created = self.table.create_task(&app, &task, &sample::content("Sale", now)).await;
            assert!(created.is_ok(), "{created:?}");
            (app, task.id)
        }

        /// Receives a report of one receipt.
        async fn report(&self, (app, task): &(AppKey, TaskId)) {
            self.counter.count(app, Some(*task), Counted::Delivered { vendor: Vendor::Fcm }, 1);
            self.counter.flush_if_due(self.clock.now(), Deadline::after(Duration::from_secs(9))).await;
        }

        fn writes(&self) -> usize {
            self.table.faults.calls_of("add_task_counts")
        }
    }

    #[tokio::test(start_paused = true)]
    async fn single_reports_of_a_busy_process_are_written_together_and_none_is_lost() {
        let world = World::start();
        let task = world.task(1).await;
        for _ in 0..3000 {
            world.clock.advance(Duration::from_millis(100));
            world.report(&task).await;
        }
        assert_eq!(world.writes(), 5 + 30);
        world.counter.flush(Deadline::after(EVERY)).await;
        assert_eq!(world.table.task_counts(&task.0, task.1).await.unwrap().delivered, 3000);
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_reports_after_an_idle_time_are_written_at_once() {
        let world = World::start();
        let task = world.task(1).await;
        for number in 1..=6 {
            world.report(&task).await;
            assert_eq!(world.table.task_counts(&task.0, task.1).await.unwrap().delivered, number);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn too_many_tasks_to_wait_are_written_at_once() {
        let world = World::start();
        for number in 0..2 * FULL {
            world.report(&world.task(number as u128).await).await;
        }
        let mut delivered = 0;
        for number in 0..2 * FULL {
            let id = TaskId::new(world.clock.now(), number as u128);
            delivered += world.table.task_counts(&app_key(&format!("acme#chat{number}")), id).await.unwrap().delivered;
        }
        assert!(delivered as usize > FULL, "{delivered}");
    }
}

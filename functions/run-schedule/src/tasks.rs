//! Starts scheduled tasks, and continues those whose next page was lost.
//!
//! Every task that has not ended is in a list, under the time at which it is looked at next. Whoever moves it to a later
//! time looks at it, so two invocations at once do not look at the same task.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use futures::{StreamExt, stream};
use shared::{
    domain::{
        id::AppKey,
        task::{Task, TaskState},
        time::Timestamp,
    },
    lambda::deadline::Deadline,
    name_ports,
    ports::{
        clock::Clock,
        error::StoreError,
        queue::{QueueTask, TaskJob},
        tasks::{ChangeTask, DueTask, FindDueTasks},
    },
};

/// Maximum tasks that are looked at in a minute. The others wait for the next minute.
pub const MAX_LOOKS: usize = 500;
/// Tasks looked at at the same time.
const PARALLEL_LOOKS: usize = 16;
/// Maximum duration of a look.
const LOOK: Duration = Duration::from_secs(5);
/// Time after which the next page of a running task counts as lost, when it was due. Until it is begun, it is queued
/// again that often.
pub const LOST_AFTER: Duration = Duration::from_secs(180);
/// Time between two looks at a paused task. The call that resumes it queues its page, so the look seldom finds work.
const PAUSED: Duration = Duration::from_secs(600);

/// The job.
pub struct DueTasks {
    /// the list of tasks
    pub list: Arc<dyn FindDueTasks>,
    /// reads and changes tasks
    pub tasks: Arc<dyn ChangeTask>,
    /// the queue of decisions
    pub queue: Arc<dyn QueueTask>,
    /// tells the time
    pub clock: Arc<dyn Clock>,
}

name_ports! { DueTasks { list, tasks, queue, clock } }

impl DueTasks {
    /// Looks at every due task. A task whose look fails is looked at again when it is due again.
    pub async fn run(&self, deadline: Deadline) {
        let now = self.clock.now();
        let due = match deadline.wait(self.list.due_tasks(now, MAX_LOOKS)).await {
            Some(Ok(due)) => due,
            failed => {
                let error = failed.and_then(Result::err).map(|error| error.chain());
                tracing::error!(error, "the due tasks cannot be read");
                return;
            }
        };
        stream::iter(in_turns(due))
            .for_each_concurrent(PARALLEL_LOOKS, |due| async move {
                let until = Deadline::after(LOOK).min(deadline);
                match until.wait(self.look(&due, now)).await {
                    Some(Ok(())) => {}
                    failed => {
                        let error = failed.and_then(Result::err).map(|error| error.chain());
                        tracing::warn!(app = %due.app, task = %due.id, error, "a due task cannot be started or continued");
                    }
                }
            })
            .await;
    }

    async fn look(&self, due: &DueTask, now: Timestamp) -> Result<(), StoreError> {
        let Some(task) = self.tasks.task(&due.app, due.id).await?.filter(|task| !task.state.has_ended()) else {
            return self.list.unlist_task(due).await;
        };
        if !self.list.postpone_task(due, next_look(&task, now)).await? {
            return Ok(());
        }
        if let Some(cancelled) = task.overdue(now) {
            tracing::warn!(app = %due.app, task = %due.id, "a task that did not end in time is cancelled");
            return self.tasks.change_task(&due.app, &cancelled).await.map(drop);
        }
        if let Some(started) = task.started(now) {
            // Another call changed it, perhaps paused it. The next look finds it as it is then.
            return match self.tasks.change_task(&due.app, &started).await? {
                true => self.queue_page(due, &started).await,
                false => Ok(()),
            };
        }
        if is_lost(&task, now) {
            return self.queue_page(due, &task).await;
        }
        Ok(())
    }

    async fn queue_page(&self, due: &DueTask, task: &Task) -> Result<(), StoreError> {
        let job = TaskJob { app: due.app.clone(), task: task.id, step: task.walk.step, not_before: None, attempts: 0 };
        self.queue.queue_task(&job, Duration::ZERO).await
    }
}

/// Returns when a task is looked at next. A running one is looked at when its page would count as lost.
fn next_look(task: &Task, now: Timestamp) -> Timestamp {
    match task.state {
        TaskState::Scheduled if now < task.starts_at => task.starts_at,
        TaskState::Paused => now.plus(PAUSED),
        TaskState::Running if !is_lost(task, now) => lost_at(task),
        _ => now.plus(LOST_AFTER),
    }
}

/// Returns when the next page of a task counts as lost, unless the task changes.
fn lost_at(task: &Task) -> Timestamp {
    task.next_due_at().plus(LOST_AFTER)
}

fn is_lost(task: &Task, now: Timestamp) -> bool {
    task.state == TaskState::Running && now >= lost_at(task)
}

/// Returns the tasks so that each app has its turn, the longest due first. So one app's many tasks delay no other's.
fn in_turns(due: Vec<DueTask>) -> Vec<DueTask> {
    let mut apps: BTreeMap<AppKey, VecDeque<DueTask>> = BTreeMap::new();
    let mut order = Vec::new();
    for task in due {
        let tasks = apps.entry(task.app.clone()).or_default();
        order.push((tasks.len(), order.len(), task.app.clone()));
        tasks.push_back(task);
    }
    order.sort_unstable();
    order.into_iter().filter_map(|(_, _, app)| apps.get_mut(&app)?.pop_front()).collect()
}

#[cfg(test)]
mod tests {
    use shared::{
        domain::{
            id::TaskId,
            instant::Strategy,
            task::{AskedState, Audience, NewTask},
        },
        ports::tasks::{CreateTask, ReadTask},
        testing::{
            chance::FixedClock,
            memory::{MemoryQueue, MemoryRuntime},
            sample,
        },
    };

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    struct World {
        clock: FixedClock,
        runtime: Arc<MemoryRuntime>,
        queue: Arc<MemoryQueue>,
        job: DueTasks,
    }

    impl World {
        fn start() -> Self {
            let clock = FixedClock::default();
            let runtime = Arc::new(MemoryRuntime::default());
            let queue = Arc::new(MemoryQueue::new(clock.clone()));
            let job = DueTasks {
                list: runtime.clone(),
                tasks: runtime.clone(),
                queue: queue.clone(),
                clock: Arc::new(clock.clone()),
            };
            Self { clock, runtime, queue, job }
        }

        /// Creates a task of an app that starts in an hour.
        async fn schedule(&self, app: &str, number: u128) -> (AppKey, TaskId) {
            let (app, now) = (sample::app_key(&format!("acme#{app}")), self.clock.now());
            let id = TaskId::new(now, number);
            let (audience, strategy, starts_at) = (Audience::Everyone, Strategy::default(), Some(now.plus(HOUR)));
            let task = Task::new(NewTask { id, audience, title: "Sale".into(), strategy, starts_at }, now);
            self.runtime.create_task(&app, &task, &sample::content("Sale", now)).await.unwrap();
            (app, id)
        }

        async fn run(&self) {
            self.job.run(Deadline::after(Duration::from_secs(49))).await;
        }

        async fn state(&self, (app, id): &(AppKey, TaskId)) -> TaskState {
            self.runtime.task(app, *id).await.unwrap().unwrap().state
        }
    }

    #[tokio::test(start_paused = true)]
    async fn two_invocations_at_once_start_a_task_once() {
        let world = World::start();
        let task = world.schedule("chat", 1).await;
        world.clock.advance(HOUR);
        futures::join!(world.run(), world.run());
        assert_eq!((world.state(&task).await, world.queue.task_jobs().len()), (TaskState::Running, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_whose_page_is_not_queued_is_continued_after_three_minutes() {
        let world = World::start();
        let task = world.schedule("chat", 1).await;
        world.clock.advance(HOUR);
        world.queue.faults.fail_next_of("queue_task", 1);
        world.run().await;
        assert_eq!((world.state(&task).await, world.queue.task_jobs().len()), (TaskState::Running, 0));
        world.clock.advance(LOST_AFTER);
        world.run().await;
        assert_eq!(world.queue.task_jobs().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_could_not_be_moved_is_due_in_the_next_minute() {
        let world = World::start();
        let task = world.schedule("chat", 1).await;
        world.clock.advance(HOUR);
        world.runtime.faults.fail_next_of("postpone_task", 1);
        world.run().await;
        assert_eq!(world.state(&task).await, TaskState::Scheduled);
        world.run().await;
        assert_eq!(world.state(&task).await, TaskState::Running);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_is_paused_at_its_start_stays_paused() {
        let world = World::start();
        let (app, id) = world.schedule("chat", 1).await;
        world.clock.advance(HOUR);
        // The pause comes between the reading of the task and its start.
        let task = world.runtime.task(&app, id).await.unwrap().unwrap();
        let paused = task.asked(AskedState::Paused, world.clock.now()).unwrap();
        assert!(world.runtime.change_task(&app, &paused).await.unwrap());
        assert!(!world.runtime.change_task(&app, &task.started(world.clock.now()).unwrap()).await.unwrap());
        world.run().await;
        assert_eq!((world.state(&(app, id)).await, world.queue.task_jobs().len()), (TaskState::Paused, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn apps_take_turns_and_a_slow_task_delays_no_other() {
        let world = World::start();
        for number in 0..3 {
            world.schedule("busy", number).await;
        }
        let other = world.schedule("other", 9).await;
        let due = world.runtime.listed_tasks();
        let turns: Vec<String> = in_turns(due).into_iter().map(|task| task.app.to_string()).collect();
        assert_eq!(turns, ["acme#busy", "acme#other", "acme#busy", "acme#busy"]);
        world.clock.advance(HOUR);
        world.runtime.faults.slow_next_of("task", Duration::from_secs(600));
        let begun = tokio::time::Instant::now();
        world.run().await;
        assert_eq!((world.queue.task_jobs().len(), begun.elapsed()), (3, LOOK));
        assert_eq!(world.state(&other).await, TaskState::Running);
    }
}

//! Queues stored callbacks whose time has come.
//!
//! Events are queued first and removed afterwards. A crash in between sends them twice, with the same `webhook-id`.

use std::{future, sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use shared::{
    domain::{id::AppKey, time::Timestamp},
    lambda::deadline::Deadline,
    name_ports,
    ports::{
        callbacks::{CallbackRecord, QueueCallbacks, RemoveCallbacks, StoredCallback, TakeCallbacks, WaitingApp},
        clock::Clock,
        error::StoreError,
    },
};

/// Maximum events of an app that are queued in a minute. A busy app leaves many behind when its server fails for an hour, and
/// they expire after days.
pub const MAX_DUE: usize = PAGE * MAX_PAGES as usize;
/// Events that are read, queued and removed together.
const PAGE: usize = 100;
const MAX_PAGES: u64 = 50;
/// Apps worked on at the same time.
const PARALLEL_APPS: usize = 16;
/// Maximum duration of the work for one app, so that its rows delay no other app.
const PER_APP: Duration = Duration::from_secs(5);
/// Time that a page may need.
const PAGE_TIME: Duration = Duration::from_secs(2);
/// How long an app without waiting events stays listed. A writer may have listed it up to a minute before it stores.
const LISTED: Duration = Duration::from_secs(600);

/// The job.
pub struct DueCallbacks {
    /// reads due events
    pub stored: Arc<dyn TakeCallbacks>,
    /// removes those that are queued
    pub removals: Arc<dyn RemoveCallbacks>,
    /// the queue of deliver-callback
    pub queue: Arc<dyn QueueCallbacks>,
    /// tells the time
    pub clock: Arc<dyn Clock>,
}

name_ports! { DueCallbacks { stored, removals, queue, clock } }

impl DueCallbacks {
    /// Queues the due events of every app. An app whose events cannot be queued is tried again in the next minute.
    pub async fn run(&self, deadline: Deadline) {
        let now = self.clock.now();
        let apps = match deadline.wait(self.stored.waiting_apps(now)).await {
            Some(Ok(apps)) => apps,
            failed => {
                let error = failed.and_then(Result::err).map(|error| error.chain());
                tracing::error!(error, "the apps with stored callbacks cannot be read");
                return;
            }
        };
        // Every app has its first page before any app has its second.
        let first = |app: WaitingApp| async move {
            let has_due = self.in_time(&app, deadline, self.run_first(&app, now)).await;
            (has_due == Some(true)).then_some(app)
        };
        let busy: Vec<WaitingApp> =
            stream::iter(apps).map(first).buffer_unordered(PARALLEL_APPS).filter_map(future::ready).collect().await;
        stream::iter(busy)
            .for_each_concurrent(PARALLEL_APPS, |app| async move {
                let begin_by = Deadline::after(PER_APP).min(deadline).leaving(PAGE_TIME);
                self.in_time(&app, deadline, self.run_rest(&app.app, now, begin_by)).await;
            })
            .await;
    }

    /// Works for one app. Returns `None` if that fails or takes too long.
    async fn in_time<T>(
        &self,
        app: &WaitingApp,
        deadline: Deadline,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Option<T> {
        match Deadline::after(PER_APP).min(deadline).wait(work).await {
            Some(Ok(done)) => Some(done),
            failed => {
                let error = failed.and_then(Result::err).map(|error| error.chain());
                tracing::warn!(app = %app.app, error, "due callbacks cannot be queued");
                None
            }
        }
    }

    /// Queues the first page of an app. Returns whether anything was due.
    async fn run_first(&self, waiting: &WaitingApp, now: Timestamp) -> Result<bool, StoreError> {
        let has_due = self.queue_page(&waiting.app, now, 0).await?;
        if !has_due {
            self.unlist_idle(waiting, now).await?;
        }
        Ok(has_due)
    }

    /// Queues the next pages of an app. None begins after `begin_by`, so none is cut between its queue and its removal.
    async fn run_rest(&self, app: &AppKey, now: Timestamp, begin_by: Deadline) -> Result<(), StoreError> {
        let mut page = 1;
        while page < MAX_PAGES && !begin_by.left().is_zero() && self.queue_page(app, now, page).await? {
            page += 1;
        }
        Ok(())
    }

    /// Queues some due events. Returns whether there were any. Each page goes out a second after the one before, so that a
    /// server that comes back is not flooded.
    async fn queue_page(&self, app: &AppKey, now: Timestamp, page: u64) -> Result<bool, StoreError> {
        let due = self.stored.due_callbacks(app, now, PAGE).await?;
        if due.is_empty() {
            return Ok(false);
        }
        let events = due.iter().map(|StoredCallback { event, .. }| event.clone()).collect();
        self.queue.queue_callbacks(&CallbackRecord::of(app, events), Duration::from_secs(page)).await?;
        self.removals.remove_callbacks(app, &due).await?;
        Ok(true)
    }

    async fn unlist_idle(&self, waiting: &WaitingApp, now: Timestamp) -> Result<(), StoreError> {
        if now.since(waiting.listed_at) > LISTED && !self.stored.has_waiting(&waiting.app).await? {
            self.stored.unlist_waiting(waiting).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use shared::{
        domain::{
            callback::event::{CallbackEvent, Happening, Suppressed},
            id::MessageId,
            reason::Reason,
        },
        ports::callbacks::StoreCallbacks,
        testing::{
            chance::FixedClock,
            memory::{MemoryQueue, MemoryRuntime},
            sample,
        },
    };

    use super::*;

    struct World {
        clock: FixedClock,
        runtime: Arc<MemoryRuntime>,
        queue: Arc<MemoryQueue>,
        job: DueCallbacks,
    }

    impl World {
        fn start() -> Self {
            let clock = FixedClock::default();
            let runtime = Arc::new(MemoryRuntime::default());
            let queue = Arc::new(MemoryQueue::new(clock.clone()));
            let job = DueCallbacks {
                stored: runtime.clone(),
                removals: runtime.clone(),
                queue: queue.clone(),
                clock: Arc::new(clock.clone()),
            };
            Self { clock, runtime, queue, job }
        }

        async fn store(&self, name: &str, number: u64) -> AppKey {
            let (app, now) = (sample::app_key(&format!("acme#{name}")), self.clock.now());
            let event = |number: u64| {
                let msg_id = MessageId::new(now, number.into());
                let one = Suppressed { user: sample::user("ann"), msg_id, group: None, reason: Reason::NoPushBinding };
                CallbackEvent::new(now, Happening::Suppressed(one))
            };
            let one = |number| StoredCallback { id: format!("msg_{number:04}"), due: Some(now), event: event(number) };
            self.runtime.list_waiting(&app, now).await.unwrap();
            self.runtime.store_callbacks(&app, &(0..number).map(one).collect::<Vec<_>>(), now).await.unwrap();
            app
        }

        async fn run(&self) {
            self.job.run(Deadline::after(Duration::from_secs(49))).await;
        }

        async fn is_listed(&self, app: &AppKey) -> bool {
            self.runtime.waiting_apps(self.clock.now()).await.unwrap().iter().any(|one| one.app == *app)
        }

        fn queued(&self) -> usize {
            self.queue.callback_records().iter().map(|CallbackRecord::V1(events)| events.events.len()).sum()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn due_events_are_queued_and_removed_so_many_of_an_app_in_a_minute() {
        let world = World::start();
        let (busy, other) = (world.store("busy", 5050).await, world.store("other", 3).await);
        world.run().await;
        assert_eq!(world.queued(), MAX_DUE + 3);
        assert_eq!(world.runtime.all_callbacks(&busy).len() + world.runtime.all_callbacks(&other).len(), 50);
        world.run().await;
        assert_eq!(world.queued(), 5053);
    }

    #[tokio::test(start_paused = true)]
    async fn the_pages_of_an_app_go_out_a_second_apart() {
        let world = World::start();
        world.store("busy", 250).await;
        world.run().await;
        for events in [100, 100, 50] {
            let before = world.queued();
            world.queue.take(10);
            assert_eq!(before - world.queued(), events);
            world.clock.advance(Duration::from_secs(1));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_page_is_cut_between_its_queue_and_its_removal_for_want_of_time() {
        let world = World::start();
        let app = world.store("busy", 1000).await;
        for _ in 0..10 {
            world.runtime.faults.slow_next_of("remove_callbacks", Duration::from_millis(1900));
        }
        world.run().await;
        let left = world.runtime.all_callbacks(&app).len();
        assert!((1..900).contains(&left), "{left}");
        assert_eq!(world.queued() + left, 1000);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_queued_and_not_removed_is_queued_again() {
        let world = World::start();
        world.store("chat", 2).await;
        world.queue.faults.fail_next_of("queue_callbacks", 1);
        world.run().await;
        assert_eq!(world.queued(), 0);
        world.runtime.faults.fail_next_of("remove_callbacks", 1);
        world.run().await;
        world.run().await;
        assert_eq!(world.queued(), 4, "twice under the same ids, and never lost");
    }

    #[tokio::test(start_paused = true)]
    async fn an_app_is_listed_while_an_event_may_still_be_stored() {
        let world = World::start();
        let app = world.store("chat", 1).await;
        world.run().await;
        world.clock.advance(LISTED);
        world.run().await;
        assert!(world.is_listed(&app).await);
        world.clock.advance(Duration::from_secs(60));
        world.run().await;
        assert!(!world.is_listed(&app).await);
    }

    #[tokio::test(start_paused = true)]
    async fn an_app_whose_rows_are_slow_delays_no_other() {
        let world = World::start();
        for number in 0..3 {
            world.store(&format!("app{number}"), 1).await;
        }
        world.runtime.faults.slow_next_of("due_callbacks", Duration::from_secs(600));
        let begun = tokio::time::Instant::now();
        world.run().await;
        assert_eq!((world.queued(), begun.elapsed()), (2, PER_APP));
    }
}

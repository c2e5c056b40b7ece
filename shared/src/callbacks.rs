//! Events for apps' servers: a process collects them, and queues them together when its work is done.
//!
//! Only apps with a callback cost anything. A push neither fails nor waits because an event cannot be queued: the event
//! is lost then, and counted.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    domain::{app::App, callback::event::CallbackEvent, id::AppKey},
    lambda::{
        deadline::Deadline,
        metric::{Metric, Metrics},
    },
    name_ports,
    ports::{
        callbacks::{CallbackRecord, QueueCallbacks},
        error::StoreError,
        names::NoPort,
    },
};

/// Maximum time to queue events.
const QUEUEING: Duration = Duration::from_secs(2);
/// Maximum events in memory: those of a batch of pages, about 5 MB.
const MAX_EVENTS: usize = 20_000;

/// The events that a process has not queued yet.
pub struct Callbacks {
    queue: Arc<dyn QueueCallbacks>,
    waiting: Mutex<Waiting>,
}

name_ports! { Callbacks { queue } without { waiting } }

#[derive(Default)]
struct Waiting {
    events: BTreeMap<AppKey, Vec<CallbackEvent>>,
    count: usize,
    /// events that did not fit
    dropped: usize,
}

impl NoPort for Waiting {}

impl Callbacks {
    /// Returns a collection without events.
    pub fn new(queue: Arc<dyn QueueCallbacks>) -> Self {
        Self { queue, waiting: Mutex::default() }
    }

    /// Adds an event, if the app wants it. The event is made only then.
    pub fn add(&self, app: &App, event: impl FnOnce() -> CallbackEvent) {
        let Some(callback) = app.callback() else { return };
        let event = event();
        if !callback.wants(event.kind()) {
            return;
        }
        let mut waiting = self.lock();
        if waiting.count >= MAX_EVENTS {
            waiting.dropped += 1;
            return;
        }
        waiting.count += 1;
        waiting.events.entry(app.key.clone()).or_default().push(event);
    }

    /// Queues the events, within the deadline. It never fails, because nothing depends on it.
    pub async fn flush(&self, deadline: Deadline, metrics: Option<&Metrics>) {
        let Waiting { events, count, dropped } = std::mem::take(&mut *self.lock());
        if count == 0 && dropped == 0 {
            return;
        }
        let records: Vec<CallbackRecord> =
            events.into_iter().flat_map(|(app, events)| CallbackRecord::of(&app, events)).collect();
        let until = deadline.min(Deadline::after(QUEUEING));
        let queued = until.wait(self.queue.queue_callbacks(&records, Duration::ZERO)).await;
        let (lost, error) = match queued {
            Some(Ok(())) => (0, None),
            Some(Err(error)) => (count, Some(error)),
            None => (count, Some(StoreError::Throttled)),
        };
        let lost = lost + dropped;
        if lost > 0 {
            let error = error.map(|error| error.chain());
            tracing::error!(events = lost, error, "events for apps' servers could not be queued and are lost");
            if let Some(metrics) = metrics {
                metrics.add(Metric::CallbacksLost, [], u64::try_from(lost).unwrap_or(u64::MAX));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

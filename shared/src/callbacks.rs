//! Events for apps' servers: a process collects them, and queues them together when its work is done.
//!
//! Only apps with a callback cost anything. A push does not fail because an event cannot be queued: the event is lost
//! then, and counted. A queue that hangs costs a process 2 s once in 10 s, and 0.2 s each time in between.

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
/// The same while the queue is known to hang, so that it does not delay every push.
const WARY: Duration = Duration::from_millis(200);
/// A wait of at least this long shows that a queue hangs. A shorter one does not: many records need longer.
const PATIENCE: Duration = Duration::from_millis(400);
/// Time for which a queue that did not answer is known to hang.
const HANGS: Duration = Duration::from_secs(10);
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
    /// until when the queue is known to hang
    hangs_until: Option<Deadline>,
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
        let Waiting { events, count, dropped, hangs_until } = self.take();
        if count == 0 && dropped == 0 {
            return;
        }
        let records: Vec<CallbackRecord> =
            events.into_iter().flat_map(|(app, events)| CallbackRecord::of(&app, events)).collect();
        let hangs = hangs_until.is_some_and(|until| !until.left().is_zero());
        let until = deadline.min(Deadline::after(if hangs { WARY } else { QUEUEING }));
        let time = until.left();
        let queued = until.wait(self.queue.queue_callbacks(&records, Duration::ZERO)).await;
        if queued.is_none() && time >= PATIENCE {
            self.lock().hangs_until = Some(Deadline::after(HANGS));
        }
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

    fn take(&self) -> Waiting {
        let mut waiting = self.lock();
        let hangs_until = waiting.hangs_until;
        std::mem::replace(&mut *waiting, Waiting { hangs_until, ..Waiting::default() })
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests {
    use serde_json::Map;
    use tokio::time::Instant;

    use super::*;
    use crate::{
        domain::{
            app::Settings,
            callback::{
                Callback,
                event::{Happening, Suppressed},
            },
            id::MessageId,
            reason::Reason,
            time::Timestamp,
        },
        testing::{chance::FixedClock, memory::MemoryQueue, sample},
    };

    const AT: Timestamp = Timestamp::from_millis(1_000);

    fn app() -> App {
        let callback = Callback {
            url: "https://push.example.com/".into(),
            secret: String::new(),
            previous_secret: None,
            events: None,
            fingerprint: String::new(),
            set_at: AT,
            unknown: Map::new(),
        };
        let settings = Settings { callback: Some(callback), ..Settings::default() };
        App { settings, ..sample::app(&sample::app_key("acme#chat"), AT) }
    }

    fn event() -> CallbackEvent {
        let (user, msg_id) = (sample::user("ann"), MessageId::new(AT, 1));
        let one = Suppressed { user, msg_id, group: None, reason: Reason::NoPushBinding };
        CallbackEvent::new(AT, Happening::Suppressed(one))
    }

    /// Adds an event and queues it. Returns how long that took.
    async fn tell(callbacks: &Callbacks) -> Duration {
        let begun = Instant::now();
        callbacks.add(&app(), event);
        callbacks.flush(Deadline::after(Duration::from_secs(20)), None).await;
        begun.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_queue_that_hangs_delays_one_flush_and_hardly_the_next_ones() {
        let queue = Arc::new(MemoryQueue::new(FixedClock::default()));
        let callbacks = Callbacks::new(queue.clone());
        assert_eq!(tell(&callbacks).await, Duration::ZERO);
        queue.faults.slow_down_of("queue_callbacks", Duration::from_secs(3600));
        assert_eq!(tell(&callbacks).await, QUEUEING);
        for _ in 0..20 {
            assert_eq!(tell(&callbacks).await, WARY);
        }
        tokio::time::advance(HANGS).await;
        assert_eq!(
            tell(&callbacks).await,
            QUEUEING,
            "it is asked again for as long as a flush with many records needs"
        );
        queue.faults.at_full_speed();
        tell(&callbacks).await;
        assert_eq!(queue.callback_records().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_of_the_invocation_is_no_sign_that_the_queue_hangs() {
        let queue = Arc::new(MemoryQueue::new(FixedClock::default()));
        let callbacks = Callbacks::new(queue.clone());
        callbacks.add(&app(), event);
        callbacks.flush(Deadline::after(Duration::ZERO), None).await;
        queue.faults.slow_next_of("queue_callbacks", Duration::from_secs(1));
        assert_eq!(tell(&callbacks).await, Duration::from_secs(1));
        assert_eq!(queue.callback_records().len(), 1);
    }
}

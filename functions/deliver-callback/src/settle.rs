//! Puts events away that must be tried again: into the queue, or into a row.

use std::time::Duration;

use shared::{
    crypto::webhook::webhook_id,
    domain::{
        callback::{
            event::CallbackEvent,
            schedule::{NextTry, next_try},
        },
        id::AppKey,
        time::Timestamp,
    },
    lambda::deadline::Deadline,
    ports::{
        callbacks::{CallbackRecord, StoredCallback},
        error::StoreError,
        queue::MAX_DELAY,
    },
};

use crate::{
    attempt::{Outcome, Told},
    deliver::Deliver,
};

/// Delay of events that could not be sent for want of time.
const NOT_BEGUN: Duration = Duration::from_secs(5);
/// Age at which such an event waits in a row instead, so that a server that is too slow does not keep the queue busy.
const MAX_QUEUED: Duration = Duration::from_secs(3600);
/// Age from which an event that could not be sent for want of time loses a try, so that it ends some day.
const MAX_NOT_BEGUN: Duration = Duration::from_secs(4 * 86_400);
/// The shortest wait in a row.
const MIN_ROW: Duration = Duration::from_secs(60);
/// An event for which no time was left waits for this share of its age.
const SHARE_OF_AGE: u32 = 64;
/// Time reserved for queueing, which must succeed if a table is slow: otherwise SQS redelivers also what was delivered.
const QUEUEING: Duration = Duration::from_secs(3);
/// How long the list of apps with stored events is known to name an app.
const LISTED: Duration = Duration::from_secs(60);

/// The events to put away.
#[derive(Debug, Default)]
struct Waiting {
    /// into the queue, with this delay
    queued: Vec<(Duration, CallbackEvent)>,
    /// into rows
    rows: Vec<StoredCallback>,
}

impl Deliver {
    /// Puts events away. Returns `false` if some could not be, so that their records must be redelivered.
    pub(crate) async fn put_away(&self, app: &AppKey, told: Told, deadline: Deadline) -> bool {
        let now = self.ports.clock.now();
        let mut waiting = Waiting::default();
        for (event, outcome) in told {
            self.plan(app, event, outcome, now, &mut waiting);
        }
        let Waiting { mut queued, rows } = waiting;
        if !rows.is_empty() {
            match deadline.leaving(QUEUEING).wait(self.store(app, &rows, now)).await {
                Some(Ok(())) => {}
                failed => {
                    let error = failed.and_then(Result::err).map(|error| error.chain());
                    tracing::warn!(%app, error, events = rows.len(), "callbacks cannot be stored, the queue keeps them");
                    queued.extend(rows.into_iter().map(|row| (MAX_DELAY, row.event)));
                }
            }
        }
        queued.sort_by_key(|(delay, _)| *delay);
        let mut settled = true;
        for same in queued.chunk_by(|(a, _), (b, _)| a == b) {
            let records = CallbackRecord::of(app, same.iter().map(|(_, event)| event.clone()).collect());
            let delay = same.first().map_or(Duration::ZERO, |(delay, _)| *delay);
            let done = deadline.wait(self.ports.queue.queue_callbacks(&records, delay)).await;
            if !matches!(done, Some(Ok(()))) {
                let error = done.and_then(Result::err).map(|error| error.chain());
                tracing::warn!(%app, error, "callbacks cannot be queued again");
                settled = false;
            }
        }
        settled
    }

    /// Plans the next try of an event. A server that is left alone, or was given up, costs a try too: so every event
    /// ends after ten.
    fn plan(&self, app: &AppKey, event: CallbackEvent, outcome: Outcome, now: Timestamp, waiting: &mut Waiting) {
        let not_before = match outcome {
            Outcome::Delivered | Outcome::Gone | Outcome::Dropped => return,
            Outcome::NotBegun if now.since(event.at) < MAX_QUEUED => {
                waiting.queued.push((NOT_BEGUN, event));
                return;
            }
            Outcome::NotBegun if now.since(event.at) < MAX_NOT_BEGUN => {
                // A server that is too slow for its events would otherwise have each of them written every minute.
                let due = Some(now.plus(MIN_ROW.max(now.since(event.at) / SHARE_OF_AGE)));
                waiting.rows.push(StoredCallback { id: webhook_id(app, &event), due, event });
                return;
            }
            Outcome::Failed { .. } => None,
            Outcome::Closed(until) => Some(until.max(now.plus(MIN_ROW))),
            Outcome::GivenUp | Outcome::NotBegun => Some(now.plus(MIN_ROW)),
        };
        let event = CallbackEvent { tries: event.tries.saturating_add(1), ..event };
        let due = match (next_try(event.tries, self.ports.entropy.fraction(), now), not_before) {
            (NextTry::Queue(delay), None) => {
                waiting.queued.push((delay, event));
                return;
            }
            (NextTry::Queue(_), Some(until)) => Some(until),
            (NextTry::Row(at), until) => Some(until.map_or(at, |until| at.max(until))),
            (NextTry::Never, _) => None,
        };
        waiting.rows.push(StoredCallback { id: webhook_id(app, &event), due, event });
    }

    /// Stores events. The list of apps names the app before, so that `run-schedule` finds them.
    async fn store(&self, app: &AppKey, rows: &[StoredCallback], now: Timestamp) -> Result<(), StoreError> {
        let is_listed = self.listed.lock().get(app).is_some_and(|at| now.since(*at) < LISTED);
        if !is_listed {
            self.ports.stored.list_waiting(app, now).await?;
            self.listed.lock().put(app.clone(), now);
        }
        self.ports.stored.store_callbacks(app, rows, now).await
    }
}

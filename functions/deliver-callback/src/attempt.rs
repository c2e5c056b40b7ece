//! One call of a server for each event, and what became of it.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use shared::{
    domain::{
        callback::{
            endpoint::{MAX_PAUSE, USUAL_PAUSE},
            event::CallbackEvent,
        },
        time::Timestamp,
    },
    lambda::deadline::Deadline,
    ports::callbacks::{CallbackAnswer, CallbackFailure},
};

use crate::request::Requests;

/// Maximum duration of the reads before a call.
pub(crate) const READING: Duration = Duration::from_secs(2);

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// the server took it
    Delivered,
    /// the call failed; the server may ask to be left alone
    Failed {
        /// for how long
        pause: Option<Duration>,
    },
    /// the server was not called, because it failed too often just now
    GivenUp,
    /// the server was not called, because it is left alone until then
    Closed(Timestamp),
    /// no time was left, or something could not be read
    NotBegun,
    /// the server wants no more events
    Gone,
    /// nobody wants the event any more
    Dropped,
}

impl Outcome {
    /// Returns the outcome of an answer.
    fn of(answer: Result<CallbackAnswer, CallbackFailure>) -> Self {
        match answer {
            Ok(CallbackAnswer { status: 200..=299, .. }) => Self::Delivered,
            Ok(CallbackAnswer { status: 410, .. }) => Self::Gone,
            Ok(CallbackAnswer { status: 429 | 502 | 504, retry_after }) => {
                Self::Failed { pause: Some(retry_after.unwrap_or(USUAL_PAUSE).min(MAX_PAUSE)) }
            }
            Ok(_) | Err(_) => Self::Failed { pause: None },
        }
    }

    /// Returns the word in the metric.
    const fn word(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed { .. } => "failed",
            Self::GivenUp | Self::Closed(_) => "stored",
            Self::NotBegun => "deferred",
            Self::Gone => "gone",
            Self::Dropped => "dropped",
        }
    }
}

/// What the calls of one server in an invocation share.
pub(crate) struct Attempt {
    give_up_after: u32,
    failures_in_a_row: AtomicU32,
    is_gone: AtomicBool,
    closed_until: Mutex<Option<Timestamp>>,
}

impl Attempt {
    /// Returns the state before the first call. After so many failures in a row the server is not called again.
    pub(crate) fn new(give_up_after: u32) -> Self {
        let (failures_in_a_row, is_gone, closed_until) = Default::default();
        Self { give_up_after, failures_in_a_row, is_gone, closed_until }
    }

    /// Calls the server, unless an earlier call says that this is in vain.
    pub(crate) async fn call(&self, requests: &Requests<'_>, event: &CallbackEvent, begin_by: Deadline) -> Outcome {
        if self.is_gone.load(Ordering::Relaxed) {
            return Outcome::Gone;
        }
        if let Some(until) = *self.closed() {
            return Outcome::Closed(until);
        }
        if self.failures_in_a_row.load(Ordering::Relaxed) >= self.give_up_after {
            return Outcome::GivenUp;
        }
        if begin_by.left().is_zero() {
            return Outcome::NotBegun;
        }
        let call = match Deadline::after(READING).wait(requests.of(event)).await {
            Some(Ok(Some(call))) => call,
            Some(Ok(None)) => return Outcome::Dropped,
            failed => {
                let error = failed.and_then(Result::err).map(|error| error.chain());
                tracing::warn!(app = %requests.app, error, "a callback cannot be written");
                return Outcome::NotBegun;
            }
        };
        let answer = requests.ports.posts.post_callback(&call).await;
        let outcome = Outcome::of(answer);
        match answer {
            Ok(_) if outcome == Outcome::Delivered => {}
            Ok(answer) => {
                tracing::info!(app = %requests.app, tries = event.tries + 1, http.status = answer.status, "a callback was refused");
            }
            Err(failure) => {
                tracing::info!(app = %requests.app, tries = event.tries + 1, error = %failure, "a callback failed");
            }
        }
        self.note(outcome, requests.ports.clock.now());
        outcome
    }

    fn note(&self, outcome: Outcome, now: Timestamp) {
        match outcome {
            Outcome::Delivered => self.failures_in_a_row.store(0, Ordering::Relaxed),
            Outcome::Failed { pause } => {
                self.failures_in_a_row.fetch_add(1, Ordering::Relaxed);
                if let Some(pause) = pause {
                    let mut closed = self.closed();
                    *closed = (*closed).max(Some(now.plus(pause)));
                }
            }
            Outcome::Gone => self.is_gone.store(true, Ordering::Relaxed),
            Outcome::GivenUp | Outcome::Closed(_) | Outcome::NotBegun | Outcome::Dropped => {}
        }
    }

    fn closed(&self) -> std::sync::MutexGuard<'_, Option<Timestamp>> {
        self.closed_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Events with their outcomes.
#[derive(Debug, Default)]
pub(crate) struct Told(Vec<(CallbackEvent, Outcome)>);

impl From<Vec<(CallbackEvent, Outcome)>> for Told {
    fn from(told: Vec<(CallbackEvent, Outcome)>) -> Self {
        Self(told)
    }
}

impl IntoIterator for Told {
    type Item = (CallbackEvent, Outcome);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Told {
    /// Gives all events the same outcome.
    pub(crate) fn all(events: impl IntoIterator<Item = CallbackEvent>, outcome: Outcome) -> Self {
        Self(events.into_iter().map(|event| (event, outcome)).collect())
    }

    /// Adds other events.
    pub(crate) fn with(mut self, mut other: Self) -> Self {
        self.0.append(&mut other.0);
        self
    }

    fn outcomes(&self) -> impl Iterator<Item = Outcome> {
        self.0.iter().map(|(_, outcome)| *outcome)
    }

    /// Returns how many calls failed.
    pub(crate) fn failures(&self) -> u32 {
        let failed = self.outcomes().filter(|outcome| matches!(outcome, Outcome::Failed { .. }));
        u32::try_from(failed.count()).unwrap_or(u32::MAX)
    }

    /// Returns for how long the server wants to be left alone.
    pub(crate) fn pause(&self) -> Option<Duration> {
        let pauses = self.outcomes().map(|outcome| match outcome {
            Outcome::Failed { pause } => pause,
            _ => None,
        });
        pauses.max().flatten()
    }

    /// Returns whether the server took an event.
    pub(crate) fn is_alive(&self) -> bool {
        self.outcomes().any(|outcome| outcome == Outcome::Delivered)
    }

    /// Returns whether the server wants no more events.
    pub(crate) fn is_gone(&self) -> bool {
        self.outcomes().any(|outcome| outcome == Outcome::Gone)
    }

    /// Returns the number of events by outcome, in the words of the metric.
    pub(crate) fn counts(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        self.outcomes().for_each(|outcome| *counts.entry(outcome.word()).or_default() += 1);
        counts
    }
}

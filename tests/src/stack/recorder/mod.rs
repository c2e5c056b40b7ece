//! Records the [`History`] of a run on the deployed stack, for one app.
//!
//! Calls, connections and receipts are recorded when they are made. The rest is collected at the end: what vendors got,
//! traces, bindings, dead letters, and what is left on queues. All clocks are those of one machine.

mod calls;
mod connection;
mod ending;
mod known;
mod tasks;
mod vendors;

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use shared::{
    crypto::system::System,
    domain::{id::AppKey, time::Timestamp},
    ports::clock::Clock,
};

pub use self::connection::Connection;
use self::known::Known;
use super::{App, FunctionProcess, Stack, StackError};
use crate::history::{Answer, CallId, Event, FaultScope, History, Request, What};

/// Records what happens to one app.
pub struct Recorder<'s> {
    stack: &'s Stack,
    app: &'s App,
    key: AppKey,
    events: Mutex<Vec<Event>>,
    /// numbers calls and connections
    names: AtomicU64,
}

impl<'s> Recorder<'s> {
    /// Begins the record of an app.
    pub fn of(stack: &'s Stack, app: &'s App, key: AppKey) -> Self {
        Self { stack, app, key, events: Mutex::default(), names: AtomicU64::new(1) }
    }

    /// Adds an event of this moment.
    pub fn note(&self, what: What) {
        self.note_at(System::default().now(), what);
    }

    fn note_at(&self, at: Timestamp, what: What) {
        self.events().push(Event { at, what });
    }

    fn events(&self) -> MutexGuard<'_, Vec<Event>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that a call begins.
    pub fn begin(&self, request: Request) -> CallId {
        let call = CallId(self.next_name());
        self.note(What::Asked { call, app: self.key.clone(), request });
        call
    }

    /// Returns a number that this run has not used before.
    fn next_name(&self) -> u64 {
        self.names.fetch_add(1, Ordering::SeqCst)
    }

    /// Records the answer to a call.
    pub fn end(&self, call: CallId, answer: Answer) {
        self.note(What::Answered { call, answer });
    }

    // ---- what the run does ----

    /// Kills processes as a crash would, and records it.
    pub fn kill(&self, processes: &[FunctionProcess]) -> Result<(), StackError> {
        for process in processes {
            self.note(What::Killed { function: process.function.clone() });
        }
        Ok(FunctionProcess::kill_all(processes)?)
    }

    /// Records that a fault begins.
    pub fn fault_begins(&self, scope: FaultScope) {
        self.note(What::FaultBegan { scope });
    }

    /// Records that a fault ends.
    pub fn fault_ends(&self, scope: FaultScope) {
        self.note(What::FaultEnded { scope });
    }

    // ---- the end ----

    /// Collects the rest, when the work is done, and returns the history.
    pub async fn finish(self) -> Result<History, StackError> {
        self.note(What::FaultsEnded);
        let mut known = Known::of(&self.events());
        self.collect_pushes(&known).await?;
        self.find_pushes_of_tasks(&mut known).await?;
        self.collect_decisions(&known).await?;
        self.collect_bindings(&known).await?;
        self.collect_queues().await?;
        let mut events = self.events.into_inner().unwrap_or_else(PoisonError::into_inner);
        events.sort_by_key(|event| (event.at, rank(&event.what)));
        Ok(History { events })
    }
}

/// Returns the place of an event among those of the same moment.
fn rank(what: &What) -> u8 {
    match what {
        What::Asked { .. } => 0,
        What::Answered { .. } => 2,
        _ => 1,
    }
}

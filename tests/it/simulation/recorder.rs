//! Writes down what an observer sees, as it happens.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use curlew_tests::history::{Answer, CallId, History, Request, What};
use shared::{
    domain::id::{AppKey, MessageId},
    ports::clock::Clock,
    testing::chance::FixedClock,
};

/// The history of a run, so far. Clones write the same history.
#[derive(Debug, Clone)]
pub struct Recorder {
    clock: FixedClock,
    history: Arc<Mutex<History>>,
    calls: Arc<AtomicU64>,
}

impl Recorder {
    /// Returns an empty history.
    pub fn new(clock: FixedClock) -> Self {
        Self { clock, history: Arc::default(), calls: Arc::default() }
    }

    /// Adds an event of this moment.
    pub fn add(&self, what: What) {
        self.history.lock().unwrap().add(self.clock.now(), what);
    }

    /// Adds the begin of a call.
    pub fn ask(&self, app: &AppKey, request: Request) -> CallId {
        let call = CallId(self.calls.fetch_add(1, Ordering::SeqCst));
        self.add(What::Asked { call, app: app.clone(), request });
        call
    }

    /// Adds the end of a call.
    pub fn answer(&self, call: CallId, answer: Answer) {
        self.add(What::Answered { call, answer });
    }

    /// Gives the text of a message to the pushes that only show its id.
    pub fn name(&self, message: MessageId, text: &str) {
        for event in &mut self.history.lock().unwrap().events {
            if let What::VendorGot(got) = &mut event.what
                && got.message == Some(message)
            {
                got.text.get_or_insert_with(|| text.to_owned());
            }
        }
    }

    /// Takes the history.
    pub fn take(&self) -> History {
        std::mem::take(&mut *self.history.lock().unwrap())
    }
}

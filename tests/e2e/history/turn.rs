//! Which function is to die next, and when the story is over. Parts of the story that call the function hurry then.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// The time between two steps of a part that need not hurry. It keeps the history small.
const PACE: Duration = Duration::from_millis(500);

/// The function that is to die, by its logical id.
#[derive(Debug, Default)]
pub struct Turn {
    function: Mutex<String>,
    over: AtomicBool,
}

impl Turn {
    /// It is this function's turn.
    pub fn comes_to(&self, function: &str) {
        function.clone_into(&mut self.function.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Returns whether it is this function's turn.
    pub fn is_of(&self, function: &str) -> bool {
        *self.function.lock().unwrap_or_else(PoisonError::into_inner) == function
    }

    /// Ends the story.
    pub fn ends(&self) {
        self.over.store(true, Ordering::SeqCst);
    }

    /// Returns whether the story is over.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// Repeats a step until the story is over, without a pause while it is the function's turn.
    pub async fn repeat(&self, function: &str, mut step: impl AsyncFnMut(usize)) {
        let mut number = 0;
        while !self.is_over() {
            step(number).await;
            number += 1;
            if !self.is_of(function) {
                tokio::time::sleep(PACE).await;
            }
        }
    }
}

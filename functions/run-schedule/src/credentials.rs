//! Starts `watch-credentials` when a slice of its round is due: the first of an hour, or what an earlier slice left.

use std::sync::Arc;

use shared::{
    lambda::deadline::Deadline,
    name_ports,
    ports::{
        clock::Clock,
        credential_watch::{CREDENTIALS, HOLD, StartWatch, TakeWatch},
        error::StoreError,
    },
};

/// The job.
pub struct DueWatch {
    /// hands out slices of the round
    pub slices: Arc<dyn TakeWatch>,
    /// the function
    pub function: Arc<dyn StartWatch>,
    /// tells the time
    pub clock: Arc<dyn Clock>,
}

name_ports! { DueWatch { slices, function, clock } }

impl DueWatch {
    /// Starts the function if a slice is due. A slice whose function did not start is due again after [`HOLD`].
    pub async fn run(&self, deadline: Deadline) {
        match deadline.wait(self.start()).await {
            Some(Ok(())) => {}
            failed => {
                let error = failed.and_then(Result::err).map(|error| error.chain());
                tracing::error!(error, "watch-credentials cannot be started");
            }
        }
    }

    async fn start(&self) -> Result<(), StoreError> {
        match self.slices.take_watch(CREDENTIALS, self.clock.now(), HOLD).await? {
            Some(slice) => self.function.start_watch(&slice).await,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicBool, AtomicUsize, Ordering},
        time::Duration,
    };

    use async_trait::async_trait;
    use shared::{
        domain::credential_check::CHECKED_EVERY,
        ports::credential_watch::WatchSlice,
        testing::{chance::FixedClock, memory::MemoryRuntime},
    };

    use super::*;

    #[derive(Default)]
    struct Function {
        started: AtomicUsize,
        down: AtomicBool,
    }

    #[async_trait]
    impl StartWatch for Function {
        async fn start_watch(&self, _: &WatchSlice) -> Result<(), StoreError> {
            if self.down.load(Ordering::SeqCst) {
                return Err(StoreError::Throttled);
            }
            self.started.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
    }

    /// Returns the job an hour after its first minute.
    async fn job() -> (FixedClock, Arc<Function>, DueWatch) {
        let (clock, function) = (FixedClock::default(), Arc::new(Function::default()));
        let slices = Arc::new(MemoryRuntime::default());
        let job = DueWatch { slices, function: function.clone(), clock: Arc::new(clock.clone()) };
        job.run(minute()).await;
        clock.advance(CHECKED_EVERY);
        (clock, function, job)
    }

    fn minute() -> Deadline {
        Deadline::after(Duration::from_secs(49))
    }

    #[tokio::test(start_paused = true)]
    async fn two_invocations_at_once_start_the_watch_once() {
        let (clock, function, job) = job().await;
        futures::join!(job.run(minute()), job.run(minute()));
        clock.advance(HOLD / 2);
        job.run(minute()).await;
        assert_eq!(function.started.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_watch_that_could_not_be_started_is_due_again_after_its_hold() {
        let (clock, function, job) = job().await;
        function.down.store(true, Ordering::SeqCst);
        job.run(minute()).await;
        function.down.store(false, Ordering::SeqCst);
        job.run(minute()).await;
        assert_eq!(function.started.load(Ordering::SeqCst), 0, "it may have been started after all");
        clock.advance(HOLD);
        job.run(minute()).await;
        assert_eq!(function.started.load(Ordering::SeqCst), 1);
    }
}

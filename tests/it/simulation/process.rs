//! A function's processes: each handles one event at a time, keeps its caches, and may die at any call.

use std::{
    cell::RefCell,
    future::Future,
    panic::AssertUnwindSafe,
    pin::pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::{
    FutureExt,
    future::{Either, select},
};
use tokio::sync::Notify;

use super::{random::Random, story::Function};

/// How many idle processes a function keeps.
const KEPT: usize = 2;
/// How often, of 100 events, a new process takes an event although another one is idle.
const COLD: u8 = 5;

thread_local! {
    /// where processes of this thread's run panicked
    static PANICS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

tokio::task_local! {
    static LIFE: Arc<Life>;
}

/// Takes the panics of this thread's run.
pub fn take_panics() -> Vec<String> {
    PANICS.take()
}

/// Whether a process lives.
#[derive(Debug)]
pub struct Life {
    function: Function,
    dead: AtomicBool,
    died: Notify,
}

impl Life {
    /// Returns the life of the process that runs now. A client is no process.
    pub fn of_caller() -> Option<Arc<Self>> {
        LIFE.try_with(Arc::clone).ok()
    }

    /// Returns whose process it is.
    pub fn function(&self) -> Function {
        self.function
    }

    /// Returns whether the process died.
    pub fn is_over(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Lets the process die. Nothing that it does afterwards has an effect.
    pub fn end(&self) {
        self.dead.store(true, Ordering::SeqCst);
        self.died.notify_one();
    }
}

/// The processes of one function.
pub struct Fleet<P> {
    function: Function,
    start: Box<dyn Fn() -> P>,
    idle: RefCell<Vec<Rc<P>>>,
    random: Random,
}

impl<P> Fleet<P> {
    /// Returns a function without processes. `start` makes a cold one.
    pub fn new(function: Function, random: Random, start: impl Fn() -> P + 'static) -> Self {
        Self { function, start: Box::new(start), idle: RefCell::default(), random }
    }

    /// Lets a process handle an event. Returns `None` if it died, or took longer than `limit`, as Lambda ends it then.
    pub async fn invoke<T, F>(&self, limit: Duration, work: impl FnOnce(Rc<P>) -> F) -> Option<T>
    where
        F: Future<Output = T>,
    {
        let process = self.take();
        let life = Arc::new(Life { function: self.function, dead: AtomicBool::new(false), died: Notify::new() });
        let done = {
            let work = AssertUnwindSafe(LIFE.scope(life.clone(), work(process.clone())));
            let work = pin!(work.catch_unwind());
            let end = pin!(async {
                let timeout = pin!(tokio::time::sleep(limit));
                select(pin!(life.died.notified()), timeout).await;
            });
            match select(work, end).await {
                Either::Left((Ok(done), _)) if !life.is_over() => Some(done),
                Either::Left((Err(_), _)) => {
                    PANICS.with_borrow_mut(|panics| panics.push(format!("{} panicked", self.function.name())));
                    None
                }
                _ => None,
            }
        };
        if done.is_some() {
            self.give_back(process);
        }
        life.end();
        done
    }

    fn take(&self) -> Rc<P> {
        let mut idle = self.idle.borrow_mut();
        if idle.is_empty() || self.random.percent(COLD) {
            return Rc::new((self.start)());
        }
        let place = self.random.below(idle.len());
        idle.remove(place)
    }

    fn give_back(&self, process: Rc<P>) {
        let mut idle = self.idle.borrow_mut();
        if idle.len() == KEPT {
            idle.remove(0);
        }
        idle.push(process);
    }
}

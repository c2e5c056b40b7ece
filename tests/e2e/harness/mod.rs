//! What every test starts with.

mod account;
pub mod canary;
mod command;
pub mod gate;
mod live;
mod tenant;

use std::{
    panic::{AssertUnwindSafe, resume_unwind},
    time::Duration,
};

use curlew_tests::stack::Stack;
use futures::FutureExt;
use serde_json::{Value, json};

pub use account::Account;
pub use command::{Said, operator_command};
pub use live::Live;
pub use tenant::{FCM, HUAWEI, Phone, Tenant, custom, custom_data, message};

/// How long a test waits for an expected event. After a recall, what is queued for its recheck waits 90 s.
const PATIENCE: Duration = Duration::from_secs(120);
const GLANCE: Duration = Duration::from_millis(50);

/// The stack during a test's turn.
pub struct World {
    pub stack: Stack,
    _turn: gate::Turn,
}

impl World {
    /// Opens the stack beside other tests.
    pub async fn side_by_side() -> Self {
        Self::open(gate::side_by_side().await)
    }

    /// Opens the stack with no other test running.
    pub async fn alone() -> Self {
        Self::open(gate::alone().await)
    }

    /// Opens the stack after all other tests.
    pub async fn after_all_others() -> Self {
        Self::open(gate::after_all_others().await)
    }

    fn open(turn: gate::Turn) -> Self {
        let mut stack = Stack::open().expect("a stack");
        canary::store_in(stack.description.log_dir.with_file_name("canaries.txt"));
        canary::note_issued();
        stack.api = stack.api.noting(canary::refusals(), canary::issued());
        canary::note(&stack.description.operator_key);
        Self { stack, _turn: turn }
    }

    /// Runs an action while a function's event source is paused. It is resumed whatever happens.
    pub async fn while_paused<T>(&self, function: &str, act: impl AsyncFnOnce() -> T) -> T {
        self.stack.cloud.feed(function, false).await.expect("a pause");
        let done = AssertUnwindSafe(act()).catch_unwind().await;
        self.stack.cloud.feed(function, true).await.expect("an end of the pause");
        done.unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// Runs an action while unfinished records are redelivered after a shorter time. The queue's own time is restored
    /// whatever happens.
    pub async fn while_records_return_after<T>(
        &self,
        queues: &[&str],
        seconds: u64,
        act: impl AsyncFnOnce() -> T,
    ) -> T {
        let cloud = &self.stack.cloud;
        let mut usual = Vec::new();
        for queue in queues {
            usual.push(cloud.visibility_timeout(queue).await.expect("a visibility timeout"));
            cloud.set_visibility_timeout(queue, seconds).await.expect("another visibility timeout");
        }
        let done = AssertUnwindSafe(act()).catch_unwind().await;
        for (queue, usual) in queues.iter().zip(usual) {
            cloud.set_visibility_timeout(queue, usual).await.expect("the visibility timeout of before");
        }
        done.unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// Waits until a queue holds this many records.
    pub async fn holds(&self, queue: &str, records: u64) {
        let holds = async || (self.stack.cloud.depth(queue).await.expect("a depth") == records).then_some(());
        until(&format!("{records} records on {queue}"), holds).await;
    }

    /// Creates an app with default settings.
    pub async fn tenant(&self) -> Tenant<'_> {
        self.tenant_with(json!({})).await
    }

    /// Creates an app with these settings.
    pub async fn tenant_with(&self, settings: Value) -> Tenant<'_> {
        Tenant::create(self, settings).await
    }
}

/// Polls until `look` returns something.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let seen = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(GLANCE).await;
        }
    };
    tokio::time::timeout(PATIENCE, seen).await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// Returns how many records are on dead-letter queues.
pub async fn dead_letters(world: &World) -> u64 {
    let depths = world.stack.cloud.depths().await.expect("depths");
    depths.iter().filter(|(id, _)| id.contains("DeadLetter")).map(|(_, depth)| depth).sum()
}

//! What the template says about queues and functions.

use std::{sync::LazyLock, time::Duration};

use crate::template::Template;

static TEMPLATE: LazyLock<Template> = LazyLock::new(Template::read);

/// A queue with its dead-letter queue and its poller.
#[derive(Debug, Clone, Copy)]
pub struct QueueSettings {
    /// how many records a batch has at most
    pub batch: usize,
    /// how long a received record is invisible
    pub visibility: Duration,
    /// after how many receives a record goes to the dead-letter queue
    pub max_receives: u32,
}

impl QueueSettings {
    /// Reads the settings of a queue and of the function that it invokes, by their logical ids.
    pub fn of(queue: &str, function: &str) -> Self {
        let seconds = number(&format!("/Resources/{queue}/Properties/VisibilityTimeout"));
        let receives = number(&format!("/Resources/{queue}/Properties/RedrivePolicy/maxReceiveCount"));
        let batch = number(&format!("/Resources/{function}/Properties/Events/Batch/Properties/BatchSize"));
        Self {
            batch: batch.try_into().unwrap(),
            visibility: Duration::from_secs(seconds),
            max_receives: receives.try_into().unwrap(),
        }
    }
}

/// Returns after how long Lambda ends a function, by its logical id.
pub fn time_limit(function: &str) -> Duration {
    let own = TEMPLATE.find(&format!("/Resources/{function}/Properties/Timeout"));
    let seconds = own.unwrap_or_else(|| TEMPLATE.at("/Globals/Function/Timeout")).as_u64();
    Duration::from_secs(seconds.unwrap())
}

fn number(pointer: &str) -> u64 {
    TEMPLATE.at(pointer).as_u64().unwrap()
}

//! The jobs of a minute.

use serde_json::Value;
use shared::{
    lambda::{deadline::Deadline, metric::Metrics},
    name_ports,
};

use crate::{callbacks::DueCallbacks, credentials::DueWatch, tasks::DueTasks};

/// The jobs of the function.
pub struct RunSchedule {
    /// queues stored callbacks that are due
    pub callbacks: DueCallbacks,
    /// starts and continues tasks
    pub tasks: DueTasks,
    /// starts the watch of credentials
    pub credentials: DueWatch,
}

name_ports! { RunSchedule { callbacks, tasks, credentials } }

/// Runs every job. The event holds nothing that a job needs.
pub async fn handle(_: Value, schedule: &RunSchedule, deadline: Deadline, _: &Metrics) {
    let RunSchedule { callbacks, tasks, credentials } = schedule;
    futures::join!(callbacks.run(deadline), tasks.run(deadline), credentials.run(deadline));
}

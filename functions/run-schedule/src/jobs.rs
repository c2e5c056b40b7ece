//! The jobs of a minute.

use serde_json::Value;
use shared::{
    lambda::{deadline::Deadline, metric::Metrics},
    name_ports,
};

use crate::callbacks::DueCallbacks;

/// The jobs of the function.
pub struct RunSchedule {
    /// queues stored callbacks that are due
    pub callbacks: DueCallbacks,
}

name_ports! { RunSchedule { callbacks } }

/// Runs every job. The event holds nothing that a job needs.
pub async fn handle(_: Value, schedule: &RunSchedule, deadline: Deadline, _: &Metrics) {
    schedule.callbacks.run(deadline).await;
}

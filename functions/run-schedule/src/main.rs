//! Wires the function `run-schedule`.

use std::sync::Arc;

use run_schedule::{Config, RunSchedule, callbacks::DueCallbacks, credentials::DueWatch, handle, tasks::DueTasks};
use shared::{
    aws::{
        Sdk,
        dynamo::{RuntimeTable, client},
        invoke::WatchFunction,
        sqs::{self, SqsQueue},
    },
    config::Environment,
    crypto::system::System,
    lambda::{serve::serve_events, telemetry},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init(&Environment);
    let config = Config::from_vars(&Environment)?;
    let sdk = Sdk::from_vars(&Environment)?;
    let runtime = Arc::new(RuntimeTable::new(&client(&sdk), config.runtime_table));
    let clock = Arc::new(System::default());
    let sqs = sqs::client(&sdk);
    let schedule = RunSchedule {
        callbacks: DueCallbacks {
            stored: runtime.clone(),
            removals: runtime.clone(),
            queue: Arc::new(SqsQueue::new(&sqs, config.callback_queue_url)),
            clock: clock.clone(),
        },
        tasks: DueTasks {
            list: runtime.clone(),
            tasks: runtime.clone(),
            queue: Arc::new(SqsQueue::new(&sqs, config.dispatch_queue_url)),
            clock: clock.clone(),
        },
        credentials: DueWatch {
            slices: runtime,
            function: Arc::new(WatchFunction::new(&sdk, config.watch_function)),
            clock: clock.clone(),
        },
    };
    serve_events(&config.metric_namespace, &*clock, async |event, deadline, metrics: &_| {
        handle(event, &schedule, deadline, metrics).await
    })
    .await
}

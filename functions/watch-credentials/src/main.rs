//! Wires the function `watch-credentials`.

use std::sync::Arc;

use shared::{
    aws::{
        Sdk,
        dynamo::{AppsTable, RuntimeTable, client},
        invoke::PushFunctions,
    },
    config::Environment,
    crypto::system::System,
    lambda::{serve::serve_events, telemetry},
};
use watch_credentials::{Config, WatchCredentials, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init(&Environment);
    let config = Config::from_vars(&Environment)?;
    let sdk = Sdk::from_vars(&Environment)?;
    let dynamo = client(&sdk);
    let runtime = Arc::new(RuntimeTable::new(&dynamo, config.runtime_table));
    let watch = WatchCredentials {
        walk: runtime.clone(),
        apps: Arc::new(AppsTable::new(&dynamo, config.apps_table)),
        health: runtime,
        vendors: Arc::new(PushFunctions::new(&sdk, config.push_functions)),
        clock: Arc::new(System::default()),
    };
    serve_events(&config.metric_namespace, &*watch.clock, async |slice, deadline, metrics: &_| {
        handle(&slice, &watch, deadline, metrics).await
    })
    .await
}

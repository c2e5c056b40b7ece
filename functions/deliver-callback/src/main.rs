//! Wires the function `deliver-callback`.

use std::sync::Arc;

use deliver_callback::{Config, Deliver, Doors, Ports, Secrets, SystemLookUp, handle, http::GuardedClient};
use shared::{
    app_configs::AppConfigs,
    aws::{
        Sdk,
        dynamo::{AppsTable, Erasures, MessagesTable, RuntimeTable, client},
        kms::CredentialKey,
        sqs::{self, SqsQueue},
    },
    config::Environment,
    crypto::system::System,
    domain::url_guard::UrlGuard,
    lambda::{serve::serve_events, telemetry},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init(&Environment);
    let config = Config::from_vars(&Environment)?;
    let sdk = Sdk::from_vars(&Environment)?;
    let (dynamo, sqs) = (client(&sdk), sqs::client(&sdk));
    let system = Arc::new(System::default());
    let apps = Arc::new(AppsTable::new(&dynamo, config.apps_table));
    let runtime = RuntimeTable::new(&dynamo, config.runtime_table);
    let erasures = Arc::new(Erasures::new(runtime.clone(), System::default()));
    let runtime = Arc::new(runtime);
    let queue = Arc::new(SqsQueue::new(&sqs, config.callback_queue_url));
    let guard = UrlGuard { allow_local: config.allow_local };
    let ports = Ports {
        posts: Arc::new(GuardedClient::new(guard, Arc::new(SystemLookUp))),
        contents: Arc::new(MessagesTable::new(&dynamo, config.messages_table)),
        erasures,
        stored: runtime.clone(),
        switch: apps.clone(),
        queue: queue.clone(),
        returns: queue,
        dead_letters: Arc::new(SqsQueue::new(&sqs, config.dead_letter_queue_url)),
        clock: system.clone(),
        entropy: system.clone(),
    };
    let secrets = Secrets::new(Arc::new(CredentialKey::new(&sdk, config.credential_key_id)));
    let deliver = Deliver::new(AppConfigs::new(apps, system), secrets, Doors::new(runtime), ports);
    serve_events(&config.metric_namespace, &*deliver.ports.clock, async |event, deadline, metrics: &_| {
        handle(event, &deliver, deadline, metrics).await
    })
    .await
}

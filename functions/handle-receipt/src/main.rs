//! Wires the function `handle-receipt`.

use std::sync::Arc;

use handle_receipt::{Config, HandleReceipt, OpenedSecrets, router};
use shared::{
    app_configs::AppConfigs,
    aws::{
        Sdk,
        dynamo::{AppsTable, Erasures, MessagesTable, RuntimeTable, UsersTable, client},
        kms::CredentialKey,
        sqs::{self, SqsQueue},
    },
    callbacks::Callbacks,
    config::Environment,
    crypto::system::System,
    lambda::{gate::Gate, serve::serve, telemetry},
    statistics::Statistics,
    task_counter::TaskCounter,
    visible_since::VisibleSinceReader,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::init(&Environment);
    let config = Config::from_vars(&Environment)?;
    let sdk = Sdk::from_vars(&Environment)?;
    let dynamo = client(&sdk);
    let system = Arc::new(System::default());
    let apps = Arc::new(AppsTable::new(&dynamo, config.apps_table));
    let users = Arc::new(UsersTable::new(&dynamo, config.users_table));
    let runtime = RuntimeTable::new(&dynamo, config.runtime_table);
    let erasures = Arc::new(Erasures::new(runtime.clone(), System::default()));
    let configs = AppConfigs::new(apps.clone(), system.clone());
    let messages = Arc::new(MessagesTable::new(&dynamo, config.messages_table));
    let runtime = Arc::new(runtime);
    let gate = Gate::new(configs.clone(), system.clone());
    let state = HandleReceipt {
        visible_since: Arc::new(VisibleSinceReader::new(configs.clone(), erasures.clone())),
        configs,
        owners: apps,
        cipher: Arc::new(CredentialKey::new(&sdk, config.credential_key_id)),
        opened: OpenedSecrets::default(),
        tokens: users.clone(),
        unregistered_tokens: users,
        suspects: runtime.clone(),
        health: runtime.clone(),
        callbacks: Callbacks::new(Arc::new(SqsQueue::new(&sqs::client(&sdk), config.callback_queue_url))),
        task_counts: TaskCounter::flushed_every(config.statistics_flush, runtime.clone()),
        statistics: Statistics::new(runtime, system.clone(), system.clone(), config.statistics_flush),
        erasures,
        traces: messages.clone(),
        messages,
        metric_namespace: config.metric_namespace,
        clock: system,
    };
    serve(router(gate, state)).await
}

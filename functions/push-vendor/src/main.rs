//! Wires the function `push-vendor` for the vendor that `VENDOR` names.

use std::sync::Arc;

use push_vendor::{Config, Deliver, Notifiers, Ports, handle};
use shared::{
    app_configs::AppConfigs,
    aws::{
        Sdk,
        dynamo::{AppsTable, MessagesTable, RuntimeTable, UsersTable, client},
        kms::CredentialKey,
        sqs::{self, PushQueues, SqsQueue},
    },
    callbacks::Callbacks,
    config::Environment,
    crypto::system::System,
    lambda::{serve::serve_events, telemetry},
    statistics::Statistics,
    task_counter::TaskCounter,
};
use vendors::transport::Transport;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init(&Environment);
    let config = Config::from_vars(&Environment)?;
    let sdk = Sdk::from_vars(&Environment)?;
    let (dynamo, sqs) = (client(&sdk), sqs::client(&sdk));
    let system = Arc::new(System::default());
    let apps = Arc::new(AppsTable::new(&dynamo, config.apps_table));
    let runtime = Arc::new(RuntimeTable::new(&dynamo, config.runtime_table));
    let configs = AppConfigs::serving_stale(apps.clone(), system.clone());
    let deps = vendors::Deps {
        access_tokens: runtime.clone(),
        clock: system.clone(),
        entropy: system.clone(),
        base_url: config.base_url,
        transport: Transport::Network,
        extra_cas: config.extra_cas,
    };
    let vendor = config.vendor;
    let messages = Arc::new(MessagesTable::new(&dynamo, config.messages_table));
    let users = Arc::new(UsersTable::new(&dynamo, config.users_table));
    let notifiers = Notifiers::new(
        configs,
        Arc::new(CredentialKey::new(&sdk, config.credential_key_id)),
        apps,
        runtime.clone(),
        system.clone(),
        config.public_base_url,
    );
    let queue = Arc::new(PushQueues::new(&sqs, [(vendor, config.queue_url.clone())]));
    let ports = Ports {
        outcomes: messages.clone(),
        pages: messages.clone(),
        ended: messages.clone(),
        taken: messages.clone(),
        contents: messages,
        owners: users.clone(),
        tokens: users,
        suspects: runtime.clone(),
        queue: queue.clone(),
        revocations: queue.clone(),
        ends: queue,
        dispatch: Arc::new(SqsQueue::new(&sqs, config.dispatch_queue_url)),
        returns: Arc::new(SqsQueue::new(&sqs, config.queue_url)),
        dead_letters: Arc::new(SqsQueue::new(&sqs, config.dead_letter_queue_url)),
        task_counts: TaskCounter::new(runtime.clone()),
        statistics: Statistics::new(runtime, system.clone(), system.clone(), config.statistics_flush),
        callbacks: Callbacks::new(Arc::new(SqsQueue::new(&sqs, config.callback_queue_url))),
        clock: system.clone(),
        entropy: system,
    };
    let deliver = Deliver::new(vendor, vendors::client(vendor, &deps), notifiers, ports);
    serve_events(&config.metric_namespace, &*deliver.ports.clock, async |event, deadline, metrics: &_| {
        handle(event, &deliver, deadline, metrics).await
    })
    .await
}

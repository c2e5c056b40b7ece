//! Wires the function `ingest-message`.

use std::sync::Arc;

use ingest_message::{Config, IngestMessage, router};
use shared::{
    app_configs::AppConfigs,
    aws::{
        Sdk,
        dynamo::{AppsTable, GroupsTable, MessagesTable, RuntimeTable, client},
        sqs::{self, SqsQueue},
    },
    config::Environment,
    crypto::system::System,
    lambda::{gate::Gate, serve::serve, telemetry},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::init(&Environment);
    let config = Config::from_vars(&Environment)?;
    let sdk = Sdk::from_vars(&Environment)?;
    let dynamo = client(&sdk);
    let system = Arc::new(System::default());
    let messages = Arc::new(MessagesTable::new(&dynamo, config.messages_table));
    let queue = Arc::new(SqsQueue::new(&sqs::client(&sdk), config.dispatch_queue_url));
    let configs = AppConfigs::new(Arc::new(AppsTable::new(&dynamo, config.apps_table)), system.clone());
    let gate = Gate::new(configs, system.clone());
    let state = IngestMessage {
        messages: messages.clone(),
        group_messages: messages.clone(),
        stored: messages.clone(),
        heads: Arc::new(GroupsTable::new(&dynamo, config.groups_table)),
        queue: queue.clone(),
        recalls: messages,
        recalls_queue: queue,
        claims: Arc::new(RuntimeTable::new(&dynamo, config.runtime_table)),
        clock: system.clone(),
        entropy: system,
    };
    serve(router(gate, state)).await
}

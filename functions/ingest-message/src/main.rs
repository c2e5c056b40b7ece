//! Wires the function `ingest-message`.

use std::sync::Arc;

use ingest_message::{Config, IngestMessage, TaskPorts, router};
use shared::{
    app_configs::AppConfigs,
    aws::{
        Sdk,
        dynamo::{AppsTable, GroupsTable, MessagesTable, RuntimeTable, UsersTable, client},
        invoke::PushFunctions,
        sqs::{self, SqsQueue},
    },
    config::Environment,
    crypto::system::System,
    decider::Decider,
    gateway_leases::GatewayLeases,
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
    let gate = Gate::new(configs.clone(), system.clone());
    let users = Arc::new(UsersTable::new(&dynamo, config.users_table));
    let runtime = Arc::new(RuntimeTable::new(&dynamo, config.runtime_table));
    let groups = Arc::new(GroupsTable::new(&dynamo, config.groups_table));
    let state = IngestMessage {
        messages: messages.clone(),
        group_messages: messages.clone(),
        stored: messages.clone(),
        heads: groups.clone(),
        queue: queue.clone(),
        recalls: messages,
        recalls_queue: queue.clone(),
        claims: runtime.clone(),
        decider: Decider {
            configs,
            facts: users.clone(),
            gateways: GatewayLeases::new(runtime.clone(), system.clone()),
            nicknames: users,
            clock: system.clone(),
        },
        pushes: Arc::new(PushFunctions::new(&sdk, config.push_functions)),
        tasks: TaskPorts {
            creation: runtime.clone(),
            changes: runtime.clone(),
            list: runtime.clone(),
            counts: runtime.clone(),
            pushes: runtime,
            labels: groups,
            queue,
        },
        clock: system.clone(),
        entropy: system,
    };
    serve(router(gate, state)).await
}

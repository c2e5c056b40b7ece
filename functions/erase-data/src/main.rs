//! Wires the function `erase-data`.

use std::sync::Arc;

use erase_data::{Config, Erase, Ports, handle};
use shared::{
    aws::{
        Sdk,
        dynamo::{AppsTable, GroupsTable, MessagesTable, RuntimeTable, UsersTable, client},
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
    let (dynamo, sqs) = (client(&sdk), sqs::client(&sdk));
    let system = Arc::new(System::default());
    let queue = Arc::new(SqsQueue::new(&sqs, config.erase_queue_url));
    let users = Arc::new(UsersTable::new(&dynamo, config.users_table));
    let groups = Arc::new(GroupsTable::new(&dynamo, config.groups_table));
    let runtime = Arc::new(RuntimeTable::new(&dynamo, config.runtime_table));
    let erase = Erase {
        ports: Ports {
            users: users.clone(),
            directory: users.clone(),
            listing: users,
            messages: Arc::new(MessagesTable::new(&dynamo, config.messages_table)),
            memberships: groups.clone(),
            group_directory: groups.clone(),
            groups: groups.clone(),
            group_rows: groups.clone(),
            labels: groups.clone(),
            label_rows: groups,
            app_names: Arc::new(AppsTable::new(&dynamo, config.apps_table)),
            notifiers: runtime.clone(),
            counts: runtime.clone(),
            callbacks: runtime.clone(),
            tasks: runtime,
            queue: queue.clone(),
            returns: queue,
            dead_letters: Arc::new(SqsQueue::new(&sqs, config.dead_letter_queue_url)),
            clock: system.clone(),
            entropy: system,
        },
    };
    serve_events(&config.metric_namespace, &*erase.ports.clock, async |event, deadline, metrics: &_| {
        handle(event, &erase, deadline, metrics).await
    })
    .await
}

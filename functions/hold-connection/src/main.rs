//! Wires the function `hold-connection`.

use std::sync::Arc;

use hold_connection::{Config, HoldConnection, Ports, handle};
use shared::{
    app_configs::AppConfigs,
    aws::{
        Sdk,
        connections::ApiConnections,
        dynamo::{AppsTable, Erasures, GroupsTable, MessagesTable, RuntimeTable, UsersTable, client},
        sqs::{self, SqsQueue},
    },
    callbacks::Callbacks,
    config::Environment,
    crypto::system::System,
    lambda::{rate::RequestRates, serve::serve_events, telemetry},
    offline::{Bounds, OfflineStore, Walks},
    read_elsewhere::{AskedFor, ReadElsewhere},
    visible_since::VisibleSinceReader,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init(&Environment);
    let config = Config::from_vars(&Environment)?;
    let sdk = Sdk::from_vars(&Environment)?;
    let (dynamo, sqs) = (client(&sdk), sqs::client(&sdk));
    let system = Arc::new(System::default());
    let users = Arc::new(UsersTable::new(&dynamo, config.users_table));
    let messages = Arc::new(MessagesTable::new(&dynamo, config.messages_table));
    let direct = Arc::new(SqsQueue::new(&sqs, config.direct_queue_url));
    let apps = Arc::new(AppsTable::new(&dynamo, config.apps_table));
    let configs = AppConfigs::new(apps.clone(), system.clone());
    let runtime = RuntimeTable::new(&dynamo, config.runtime_table);
    let erasures = Arc::new(Erasures::new(runtime.clone(), System::default()));
    let dispatch = Arc::new(SqsQueue::new(&sqs, config.dispatch_queue_url));
    let read_elsewhere = ReadElsewhere {
        configs: configs.clone(),
        traces: messages.clone(),
        queue: dispatch.clone(),
        asked: AskedFor::default(),
        clock: system.clone(),
    };
    let hold = HoldConnection {
        configs: configs.clone(),
        rates: RequestRates::default(),
        offline: OfflineStore {
            timelines: messages.clone(),
            stored: messages.clone(),
            acks: messages,
            inbox: users.clone(),
            memberships: Arc::new(GroupsTable::new(&dynamo, config.groups_table)),
            visible_since: Arc::new(VisibleSinceReader::new(configs, erasures)),
            bounds: Bounds::default(),
            clock: system.clone(),
        },
        read_elsewhere,
        callbacks: Callbacks::new(Arc::new(SqsQueue::new(&sqs, config.callback_queue_url))),
        walks: Walks::default(),
        ports: Ports {
            apps,
            connections: Arc::new(runtime),
            presence: users.clone(),
            bans: users,
            posts: Arc::new(ApiConnections::new(&sdk, &config.connections_url)),
            direct: direct.clone(),
            dispatch,
            returns: direct,
            dead_letters: Arc::new(SqsQueue::new(&sqs, config.dead_letter_queue_url)),
            clock: system.clone(),
            entropy: system,
        },
    };
    serve_events(&config.metric_namespace, &*hold.ports.clock, async |event, deadline, metrics: &_| {
        handle(event, &hold, deadline, metrics).await
    })
    .await
}

//! Wires the function `report-presence`.

use std::sync::Arc;

use report_presence::{Config, ReportPresence, router};
use shared::{
    app_configs::AppConfigs,
    aws::{
        Sdk,
        dynamo::{AppsTable, Erasures, GroupsTable, MessagesTable, RuntimeTable, UsersTable, client},
        sqs::{self, SqsQueue},
    },
    callbacks::Callbacks,
    config::Environment,
    crypto::system::System,
    gateway_leases::GatewayLeases,
    lambda::{gate::Gate, serve::serve, telemetry},
    offline::{Bounds, OfflineStore},
    read_elsewhere::{AskedFor, ReadElsewhere},
    visible_since::VisibleSinceReader,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::init(&Environment);
    let config = Config::from_vars(&Environment)?;
    let sdk = Sdk::from_vars(&Environment)?;
    let (dynamo, sqs) = (client(&sdk), sqs::client(&sdk));
    let clock = Arc::new(System::default());
    let users = Arc::new(UsersTable::new(&dynamo, config.users_table));
    let messages = Arc::new(MessagesTable::new(&dynamo, config.messages_table));
    let runtime = RuntimeTable::new(&dynamo, config.runtime_table);
    let gateways = Arc::new(runtime.clone());
    let configs = AppConfigs::new(Arc::new(AppsTable::new(&dynamo, config.apps_table)), clock.clone());
    let erasures = Erasures::new(runtime, System::default());
    let gate = Gate::new(configs.clone(), clock.clone());
    let read_elsewhere = ReadElsewhere {
        configs: configs.clone(),
        traces: messages.clone(),
        queue: Arc::new(SqsQueue::new(&sqs, config.dispatch_queue_url)),
        asked: AskedFor::default(),
        clock: clock.clone(),
    };
    let state = ReportPresence {
        bans: users.clone(),
        presence: users.clone(),
        connections: users.clone(),
        direct: Arc::new(SqsQueue::new(&sqs, config.direct_queue_url)),
        callbacks: Callbacks::new(Arc::new(SqsQueue::new(&sqs, config.callback_queue_url))),
        offline: OfflineStore {
            timelines: messages.clone(),
            stored: messages.clone(),
            acks: messages,
            inbox: users,
            memberships: Arc::new(GroupsTable::new(&dynamo, config.groups_table)),
            visible_since: Arc::new(VisibleSinceReader::new(configs, Arc::new(erasures))),
            bounds: Bounds::default(),
            clock: clock.clone(),
        },
        read_elsewhere,
        leases: GatewayLeases::new(gateways.clone(), clock.clone()),
        gateways,
        clock,
    };
    serve(router(gate, state)).await
}

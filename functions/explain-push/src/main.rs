//! Wires the function `explain-push`.

use std::sync::Arc;

use explain_push::{Config, ExplainPush, RECENT_BOUNDS, RecentMessages, router};
use shared::{
    app_configs::AppConfigs,
    aws::{
        Sdk,
        dynamo::{AppsTable, Erasures, GroupsTable, MessageReader, MessagesTable, RuntimeTable, UsersTable, client},
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
    let dynamo = client(&Sdk::from_vars(&Environment)?);
    let system = Arc::new(System::default());
    let users = Arc::new(UsersTable::new(&dynamo, config.users_table));
    let table = MessagesTable::new(&dynamo, config.messages_table);
    let messages = Arc::new(MessageReader::new(table.clone(), System::default()));
    let table = Arc::new(table);
    let groups = Arc::new(GroupsTable::new(&dynamo, config.groups_table));
    let runtime = RuntimeTable::new(&dynamo, config.runtime_table);
    let configs = AppConfigs::new(Arc::new(AppsTable::new(&dynamo, config.apps_table)), system.clone());
    let gate = Gate::new(configs.clone(), system.clone());
    let state = ExplainPush {
        decider: Decider {
            configs,
            facts: users.clone(),
            gateways: GatewayLeases::new(Arc::new(runtime.clone()), system.clone()),
            nicknames: users.clone(),
            clock: system.clone(),
        },
        messages: messages.clone(),
        group_messages: messages,
        recalls: table.clone(),
        counts: Arc::new(runtime.clone()),
        recent: RecentMessages {
            timelines: table.clone(),
            memberships: groups.clone(),
            traces: table,
            bounds: RECENT_BOUNDS,
            clock: system.clone(),
        },
        directory: users,
        erasures: Arc::new(Erasures::new(runtime, System::default())),
        members: groups,
        public_base_url: config.public_base_url,
        entropy: system,
    };
    serve(router(gate, state)).await
}

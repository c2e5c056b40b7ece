//! Wires the function `explain-push`.

use std::sync::Arc;

use explain_push::{Config, ExplainPush, router};
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
    lambda::{serve::serve, telemetry},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::init(&Environment);
    let config = Config::from_vars(&Environment)?;
    let dynamo = client(&Sdk::from_vars(&Environment)?);
    let system = Arc::new(System::default());
    let users = Arc::new(UsersTable::new(&dynamo, config.users_table));
    let messages = MessageReader::new(MessagesTable::new(&dynamo, config.messages_table), System::default());
    let messages = Arc::new(messages);
    let runtime = RuntimeTable::new(&dynamo, config.runtime_table);
    serve(router(ExplainPush {
        decider: Decider {
            configs: AppConfigs::new(Arc::new(AppsTable::new(&dynamo, config.apps_table)), system.clone()),
            facts: users.clone(),
            gateways: GatewayLeases::new(Arc::new(runtime.clone()), system.clone()),
            nicknames: users,
            clock: system.clone(),
        },
        messages: messages.clone(),
        group_messages: messages,
        counts: Arc::new(runtime.clone()),
        erasures: Arc::new(Erasures::new(runtime, System::default())),
        members: Arc::new(GroupsTable::new(&dynamo, config.groups_table)),
        public_base_url: config.public_base_url,
        entropy: system,
    }))
    .await
}

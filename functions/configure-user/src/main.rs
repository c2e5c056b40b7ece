//! Wires the function `configure-user`.

use std::sync::Arc;

use configure_user::{Config, ConfigureUser, router};
use shared::{
    app_configs::AppConfigs,
    aws::{
        Sdk,
        dynamo::{AppsTable, Erasures, GroupsTable, MessagesTable, RuntimeTable, UsersTable, client},
        sqs::{self, SqsQueue},
    },
    config::Environment,
    crypto::system::System,
    lambda::{gate::Gate, serve::serve, telemetry},
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
    let runtime = RuntimeTable::new(&dynamo, config.runtime_table);
    let configs = AppConfigs::new(Arc::new(AppsTable::new(&dynamo, config.apps_table)), clock.clone());
    let erasures = Arc::new(Erasures::new(runtime.clone(), System::default()));
    let gate = Gate::new(configs.clone(), clock.clone());
    let state = ConfigureUser {
        visible_since: Arc::new(VisibleSinceReader::new(configs.clone(), erasures.clone())),
        configs,
        profiles: users.clone(),
        facts: users.clone(),
        new_users: users.clone(),
        directory: users.clone(),
        claims: Arc::new(runtime),
        users,
        erasures,
        messages: Arc::new(MessagesTable::new(&dynamo, config.messages_table)),
        memberships: Arc::new(GroupsTable::new(&dynamo, config.groups_table)),
        erase_queue: Arc::new(SqsQueue::new(&sqs, config.erase_queue_url)),
        direct: Arc::new(SqsQueue::new(&sqs, config.direct_queue_url)),
        clock,
        entropy: Arc::new(System::default()),
    };
    serve(router(gate, state)).await
}

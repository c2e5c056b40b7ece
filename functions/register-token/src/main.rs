//! Wires the function `register-token`.

use std::sync::Arc;

use register_token::{Config, RegisterToken, router};
use shared::{
    app_configs::AppConfigs,
    aws::{
        Sdk,
        dynamo::{AppsTable, Erasures, RuntimeTable, UsersTable, client},
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
    let dynamo = client(&sdk);
    let clock = Arc::new(System::default());
    let users = Arc::new(UsersTable::new(&dynamo, config.users_table));
    let configs = AppConfigs::new(Arc::new(AppsTable::new(&dynamo, config.apps_table)), clock.clone());
    let erasures = Erasures::new(RuntimeTable::new(&dynamo, config.runtime_table), System::default());
    let gate = Gate::new(configs.clone(), clock.clone());
    let state = RegisterToken {
        visible_since: Arc::new(VisibleSinceReader::new(configs, Arc::new(erasures))),
        bindings: users.clone(),
        presence: users,
        direct: Arc::new(SqsQueue::new(&sqs::client(&sdk), config.direct_queue_url)),
        clock,
    };
    serve(router(gate, state)).await
}

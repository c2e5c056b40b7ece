//! Wires the function `configure-user`.

use std::sync::Arc;

use configure_user::{Config, ConfigureUser, router};
use shared::{
    app_configs::AppConfigs,
    aws::{
        Sdk,
        dynamo::{AppsTable, UsersTable, client},
    },
    config::Environment,
    crypto::system::System,
    lambda::{serve::serve, telemetry},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::init(&Environment);
    let config = Config::from_vars(&Environment)?;
    let dynamo = client(&Sdk::from_vars(&Environment)?);
    let clock = Arc::new(System::default());
    let users = Arc::new(UsersTable::new(&dynamo, config.users_table));
    serve(router(ConfigureUser {
        configs: AppConfigs::new(Arc::new(AppsTable::new(&dynamo, config.apps_table)), clock.clone()),
        profiles: users.clone(),
        facts: users,
        clock,
    }))
    .await
}

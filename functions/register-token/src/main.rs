//! Wires the function `register-token`.

use std::sync::Arc;

use register_token::{RegisterToken, router};
use shared::{
    app_configs::AppConfigs,
    aws::{
        Sdk,
        dynamo::{AppsTable, UsersTable, client},
    },
    config::{Environment, Reader},
    crypto::system::System,
    lambda::telemetry,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::init(&Environment);
    let reader = Reader::new(&Environment);
    let (apps, users) = (reader.required("APPS_TABLE"), reader.required("USERS_TABLE"));
    reader.finish()?;
    let dynamo = client(&Sdk::from_vars(&Environment)?);
    let clock = Arc::new(System::default());
    let users = Arc::new(UsersTable::new(&dynamo, users));
    lambda_http::run(router(RegisterToken {
        configs: AppConfigs::new(Arc::new(AppsTable::new(&dynamo, apps)), clock.clone()),
        bindings: users.clone(),
        presence: users,
        clock,
    }))
    .await
}

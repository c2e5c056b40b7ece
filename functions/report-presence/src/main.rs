//! Wires the function `report-presence`.

use std::sync::Arc;

use report_presence::{ReportPresence, router};
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
    lambda_http::run(router(ReportPresence {
        configs: AppConfigs::new(Arc::new(AppsTable::new(&dynamo, apps)), clock.clone()),
        presence: Arc::new(UsersTable::new(&dynamo, users)),
        clock,
    }))
    .await
}

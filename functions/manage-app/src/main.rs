//! Wires the function `manage-app`.

use std::sync::Arc;

use manage_app::{ManageApp, router};
use shared::{
    app_configs::AppConfigs,
    aws::{
        Sdk,
        dynamo::{AppsTable, RuntimeTable, client},
        invoke::PushFunctions,
        kms::CredentialKey,
        secrets::StackSecret,
    },
    config::{Environment, Reader},
    crypto::system::System,
    domain::vendor::Vendor,
    lambda::telemetry,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::init(&Environment);
    let reader = Reader::new(&Environment);
    let apps = reader.required("APPS_TABLE");
    let runtime = reader.required("RUNTIME_TABLE");
    let key_id = reader.required("CREDENTIAL_KEY_ID");
    let operator_key = reader.required("OPERATOR_KEY_SECRET_ID");
    let signing_secret = reader.required("TOKEN_SIGNING_SECRET_ID");
    let functions =
        Vendor::ALL.map(|vendor| (vendor, reader.required(&format!("PUSH_FUNCTION_{}", vendor.upper_name()))));
    reader.finish()?;
    let sdk = Sdk::from_vars(&Environment)?;
    let dynamo = client(&sdk);
    let system = Arc::new(System::default());
    let apps = Arc::new(AppsTable::new(&dynamo, apps));
    let runtime = Arc::new(RuntimeTable::new(&dynamo, runtime));
    lambda_http::run(router(ManageApp {
        configs: AppConfigs::new(apps.clone(), system.clone()),
        apps,
        health: runtime.clone(),
        claims: runtime,
        cipher: Arc::new(CredentialKey::new(&sdk, key_id)),
        tester: Arc::new(PushFunctions::new(&sdk, functions)),
        operator_key: Arc::new(StackSecret::new(&sdk, operator_key, system.clone())),
        signing_secret: Arc::new(StackSecret::new(&sdk, signing_secret, system.clone())),
        clock: system.clone(),
        entropy: system,
    }))
    .await
}

//! Wires the function `manage-app`.

use std::sync::Arc;

use manage_app::{Config, JoinOrders, ManageApp, router};
use shared::{
    app_configs::AppConfigs,
    aws::{
        Sdk,
        dynamo::{AppsTable, Erasures, GroupsTable, RuntimeTable, UsersTable, client},
        invoke::PushFunctions,
        kms::CredentialKey,
        secrets::StackSecret,
        sqs::{self, SqsQueue},
    },
    callbacks::Callbacks,
    config::Environment,
    crypto::system::System,
    domain::url_guard::UrlGuard,
    lambda::{gate::Gate, serve::serve, telemetry},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::init(&Environment);
    let config = Config::from_vars(&Environment)?;
    let sdk = Sdk::from_vars(&Environment)?;
    let (dynamo, sqs) = (client(&sdk), sqs::client(&sdk));
    let system = Arc::new(System::default());
    let apps = Arc::new(AppsTable::new(&dynamo, config.apps_table));
    let runtime = RuntimeTable::new(&dynamo, config.runtime_table);
    let groups = Arc::new(GroupsTable::new(&dynamo, config.groups_table));
    let users = Arc::new(UsersTable::new(&dynamo, config.users_table));
    let configs = AppConfigs::new(apps.clone(), system.clone());
    let gate = Gate::new(configs.clone(), system.clone());
    let callback_queue = Arc::new(SqsQueue::new(&sqs, config.callback_queue_url));
    let state = ManageApp {
        configs,
        app_directory: apps.clone(),
        apps,
        facts: users.clone(),
        directory: users.clone(),
        listed: users.clone(),
        listing: users.clone(),
        new_users: users,
        groups: groups.clone(),
        group_profiles: groups.clone(),
        roles: groups.clone(),
        memberships: groups.clone(),
        group_rows: groups.clone(),
        group_directory: groups.clone(),
        labels: groups.clone(),
        label_users: groups,
        join_orders: JoinOrders::default(),
        user_erasures: Arc::new(Erasures::new(runtime.clone(), System::default())),
        erasures: Arc::new(SqsQueue::new(&sqs, config.erase_queue_url)),
        health: Arc::new(runtime.clone()),
        counts: Arc::new(runtime.clone()),
        claims: Arc::new(runtime.clone()),
        url_guard: UrlGuard { allow_local: config.allow_local_callbacks },
        callbacks: Callbacks::new(callback_queue.clone()),
        callback_queue,
        stored_callbacks: Arc::new(runtime.clone()),
        callback_removals: Arc::new(runtime.clone()),
        endpoints: Arc::new(runtime),
        cipher: Arc::new(CredentialKey::new(&sdk, config.credential_key_id)),
        tester: Arc::new(PushFunctions::new(&sdk, config.push_functions)),
        operator_key: Arc::new(StackSecret::new(&sdk, config.operator_key_secret_id, system.clone())),
        signing_secret: Arc::new(StackSecret::new(&sdk, config.token_signing_secret_id, system.clone())),
        public_base_url: config.public_base_url,
        clock: system.clone(),
        entropy: system,
    };
    serve(router(gate, state)).await
}

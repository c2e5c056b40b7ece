//! The function's state and its routes.

use std::sync::Arc;

use axum::{Router, http::HeaderMap};
use serde_json::json;
use shared::{
    app_configs::AppConfigs,
    callbacks::Callbacks,
    domain::url_guard::UrlGuard,
    lambda::{
        access::Caller,
        gate::{Gate, HttpState},
        http::ApiReply,
        idempotency::IdempotentRequest,
        routes::{Routes, delete, get, post, put},
    },
    name_ports,
    ports::{
        app_directory::ListApps,
        apps::{ManageApps, ReadHealth},
        callbacks::{ListCallbacks, QueueCallbacks, RemoveCallbacks, TrackEndpoint},
        certificate_test::TestNotifier,
        cipher::EncryptCredential,
        claims::ClaimKeys,
        clock::{Clock, Entropy},
        directory::{FindListed, ListUser, ReadDirectory, ReadGroupDirectory},
        erase_queue::QueueErase,
        erasure::{EraseGroups, ReadErasure},
        groups::{DescribeGroups, ManageGroups, ManageRoles, ReadMemberships},
        push_labels::{LabelUsers, ManageLabels},
        secrets::ReadSecret,
        statistics::ReadCounts,
        users::{CreateUser, ReadFacts},
    },
};

use crate::{
    app_list, apps, callback_storage, client_secrets,
    groups::{self, JoinOrders},
    labels, notifiers, operators_tokens, settings, templates, tokens,
};

/// State of the function: its ports.
pub struct ManageApp {
    /// cached configurations of the apps
    pub configs: AppConfigs,
    /// stores apps and notifiers
    pub apps: Arc<dyn ManageApps>,
    /// reads the facts of users
    pub facts: Arc<dyn ReadFacts>,
    /// reads the directory of users
    pub directory: Arc<dyn ReadDirectory>,
    /// finds which of many users the directory lists
    pub listed: Arc<dyn FindListed>,
    /// lists users whom the directory lacks
    pub listing: Arc<dyn ListUser>,
    /// creates users
    pub new_users: Arc<dyn CreateUser>,
    /// stores groups and their members
    pub groups: Arc<dyn ManageGroups>,
    /// stores descriptions and settings of groups
    pub group_profiles: Arc<dyn DescribeGroups>,
    /// stores the roles of members
    pub roles: Arc<dyn ManageRoles>,
    /// reads the groups of a user
    pub memberships: Arc<dyn ReadMemberships>,
    /// ends memberships of erased users
    pub group_rows: Arc<dyn EraseGroups>,
    /// reads the directory of groups
    pub group_directory: Arc<dyn ReadGroupDirectory>,
    /// stores push labels
    pub labels: Arc<dyn ManageLabels>,
    /// gives push labels to users
    pub label_users: Arc<dyn LabelUsers>,
    /// cached members of groups in the order of joining
    pub join_orders: JoinOrders,
    /// reads when users were erased
    pub user_erasures: Arc<dyn ReadErasure>,
    /// queues the erasure of deleted apps and labels
    pub erasures: Arc<dyn QueueErase>,
    /// reads the health of notifiers
    pub health: Arc<dyn ReadHealth>,
    /// lists the apps
    pub app_directory: Arc<dyn ListApps>,
    /// reads the counts of delivery results
    pub counts: Arc<dyn ReadCounts>,
    /// stores idempotency keys
    pub claims: Arc<dyn ClaimKeys>,
    /// encrypts credentials
    pub cipher: Arc<dyn EncryptCredential>,
    /// judges URLs that apps set
    pub url_guard: UrlGuard,
    /// tells apps' servers that a notifier was switched
    pub callbacks: Callbacks,
    /// queues stored callbacks again
    pub callback_queue: Arc<dyn QueueCallbacks>,
    /// lists stored callbacks
    pub stored_callbacks: Arc<dyn ListCallbacks>,
    /// removes stored callbacks that are queued again
    pub callback_removals: Arc<dyn RemoveCallbacks>,
    /// the health of apps' servers
    pub endpoints: Arc<dyn TrackEndpoint>,
    /// sends test pushes
    pub tester: Arc<dyn TestNotifier>,
    /// reads the operator key
    pub operator_key: Arc<dyn ReadSecret>,
    /// reads the secret from which signing keys are derived
    pub signing_secret: Arc<dyn ReadSecret>,
    /// public address of the API, without a trailing slash; absent: the address that the request was sent to
    pub public_base_url: Option<String>,
    /// gives the current time
    pub clock: Arc<dyn Clock>,
    /// generates ids and secrets
    pub entropy: Arc<dyn Entropy>,
}

name_ports! { ManageApp {
    configs, apps, facts, directory, listed, listing, new_users, groups, group_profiles, roles, memberships,
    group_rows, group_directory, labels, label_users, user_erasures, erasures, health, app_directory, counts, claims,
    cipher, callbacks, callback_queue, stored_callbacks, callback_removals, endpoints, tester, operator_key,
    signing_secret, clock, entropy
} without { join_orders, public_base_url, url_guard } }

impl ManageApp {
    /// Returns a request of this caller whose work runs once for each idempotency key.
    pub(crate) fn idempotent<'a>(
        &'a self,
        caller: &'a Caller,
        route: &'a str,
        headers: &'a HeaderMap,
        body: &'a [u8],
    ) -> IdempotentRequest<'a> {
        let Self { claims, clock, entropy, .. } = self;
        let app = &caller.config.app;
        IdempotentRequest { claims: &**claims, clock: &**clock, entropy: &**entropy, app, route, headers, body }
    }
}

/// Returns the routes of this function.
pub fn routes() -> Routes<HttpState<ManageApp>> {
    Routes::new()
        .route("/management/token", [post(operators_tokens::exchange)])
        .route("/management/apps", [post(apps::create), get(app_list::list)])
        .route("/management/apps/{org}/{app}", [get(apps::show), delete(apps::delete)])
        .route("/management/apps/{org}/{app}/credentials", [post(client_secrets::replace)])
        .route("/management/apps/{org}/{app}/tokens/revoke", [post(client_secrets::revoke_tokens)])
        .route("/management/apps/{org}/{app}/token", [post(operators_tokens::issue)])
        .route("/{org}/{app}/token", [post(tokens::issue)])
        .route("/{org}/{app}/push/settings", [get(settings::show), put(settings::change)])
        .route("/{org}/{app}/callbacks/storage/info", [get(callback_storage::info)])
        .route("/{org}/{app}/callbacks/storage/retry", [post(callback_storage::retry)])
        .route("/{org}/{app}/notification/template", [post(templates::create), get(templates::list)])
        .route(
            "/{org}/{app}/notification/template/{name}",
            [get(templates::show), put(templates::change), delete(templates::delete)],
        )
        .route("/{org}/{app}/notifiers", [post(notifiers::create), get(notifiers::list)])
        .route(
            "/{org}/{app}/notifiers/{name}",
            [get(notifiers::show), put(notifiers::change), delete(notifiers::delete)],
        )
        .route("/{org}/{app}/notifiers/{name}/test", [post(notifiers::test)])
        .route("/{org}/{app}/chatgroups", [post(groups::create::create), get(groups::list::list)])
        .route(
            "/{org}/{app}/chatgroups/{group}",
            [get(groups::show::show), put(groups::update::change), delete(groups::update::delete)],
        )
        .route(
            "/{org}/{app}/chatgroups/{group}/users",
            [post(groups::members::add_many), get(groups::member_lists::list)],
        )
        .route(
            "/{org}/{app}/chatgroups/{group}/users/{usernames}",
            [post(groups::members::add_one), delete(groups::members::remove)],
        )
        .route("/{org}/{app}/chatgroups/{group}/user/{username}/is_joined", [get(groups::joined::is_joined)])
        .route("/{org}/{app}/chatgroups/{group}/admin", [get(groups::roles::list), post(groups::roles::add)])
        .route("/{org}/{app}/chatgroups/{group}/admin/{username}", [delete(groups::roles::remove)])
        .route("/{org}/{app}/chatgroups/{group}/disable", [post(groups::update::disable)])
        .route("/{org}/{app}/chatgroups/{group}/enable", [post(groups::update::enable)])
        .route(
            "/{org}/{app}/chatgroups/{group}/announcement",
            [get(groups::announcement::show), post(groups::announcement::change)],
        )
        .route("/{org}/{app}/users/{username}/joined_chatgroups", [get(groups::joined::list)])
        .route("/{org}/{app}/push/label", [post(labels::create), get(labels::list)])
        .route("/{org}/{app}/push/label/{name}", [get(labels::show), delete(labels::delete)])
        .route(
            "/{org}/{app}/push/label/{name}/user",
            [post(labels::users::add), get(labels::users::list), delete(labels::users::remove)],
        )
        .route("/{org}/{app}/push/label/{name}/user/{username}", [get(labels::users::show)])
        .route("/health", [get(health)])
}

/// Returns the routes of this function behind its gate.
pub fn router(gate: Gate, state: ManageApp) -> Router {
    gate.guard(routes(), state)
}

async fn health() -> ApiReply {
    ApiReply::fields([("status", json!("ok"))])
}

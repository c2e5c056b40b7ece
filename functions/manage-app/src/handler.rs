//! The function's ports and its routes.

use std::sync::Arc;

use axum::{Router, http::HeaderMap};
use serde_json::json;
use shared::{
    app_configs::AppConfigs,
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
        certificate_test::TestNotifier,
        cipher::EncryptCredential,
        claims::ClaimKeys,
        clock::{Clock, Entropy},
        directory::{ReadDirectory, ReadGroupDirectory},
        erase_queue::QueueErase,
        erasure::{EraseGroups, ReadErasure},
        groups::{DescribeGroups, ManageGroups, ManageRoles, ReadMemberships},
        secrets::ReadSecret,
        statistics::ReadCounts,
        users::{CreateUser, ReadFacts},
    },
};

use crate::{
    app_list, apps, client_secrets,
    groups::{self, JoinOrders},
    notifiers, operators_tokens, settings, templates, tokens,
};

/// What the function works with.
pub struct ManageApp {
    /// configurations of the apps
    pub configs: AppConfigs,
    /// where apps and notifiers live
    pub apps: Arc<dyn ManageApps>,
    /// what is known of a user
    pub facts: Arc<dyn ReadFacts>,
    /// who the app's users are
    pub directory: Arc<dyn ReadDirectory>,
    /// creates users
    pub new_users: Arc<dyn CreateUser>,
    /// groups and their members
    pub groups: Arc<dyn ManageGroups>,
    /// what is said of groups
    pub group_profiles: Arc<dyn DescribeGroups>,
    /// what members are in their groups
    pub roles: Arc<dyn ManageRoles>,
    /// which groups users are in
    pub memberships: Arc<dyn ReadMemberships>,
    /// ends memberships of users who were erased
    pub group_rows: Arc<dyn EraseGroups>,
    /// which groups the apps have
    pub group_directory: Arc<dyn ReadGroupDirectory>,
    /// groups whose members were read in the order of their joining
    pub join_orders: JoinOrders,
    /// who was erased
    pub user_erasures: Arc<dyn ReadErasure>,
    /// what is left of apps that are deleted
    pub erasures: Arc<dyn QueueErase>,
    /// when notifiers worked and failed
    pub health: Arc<dyn ReadHealth>,
    /// which apps there are
    pub app_directory: Arc<dyn ListApps>,
    /// what became of the apps' pushes
    pub counts: Arc<dyn ReadCounts>,
    /// idempotency keys
    pub claims: Arc<dyn ClaimKeys>,
    /// encrypts credentials
    pub cipher: Arc<dyn EncryptCredential>,
    /// sends test pushes
    pub tester: Arc<dyn TestNotifier>,
    /// what operators authenticate with
    pub operator_key: Arc<dyn ReadSecret>,
    /// what every app's signing key follows from
    pub signing_secret: Arc<dyn ReadSecret>,
    /// where the API is reached from outside, without a trailing slash; without it, where a request reached it
    pub public_base_url: Option<String>,
    /// the time
    pub clock: Arc<dyn Clock>,
    /// ids and secrets
    pub entropy: Arc<dyn Entropy>,
}

name_ports! { ManageApp {
    configs, apps, facts, directory, new_users, groups, group_profiles, roles, memberships, group_rows,
    group_directory, user_erasures, erasures, health, app_directory, counts, claims, cipher, tester, operator_key,
    signing_secret, clock, entropy
} without { join_orders, public_base_url } }

impl ManageApp {
    /// Returns a call of this caller, to be worked on once an idempotency key.
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

/// The routes of this function.
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
        .route("/health", [get(health)])
}

/// The routes of this function behind its gate.
pub fn router(gate: Gate, state: ManageApp) -> Router {
    gate.guard(routes(), state)
}

async fn health() -> ApiReply {
    ApiReply::fields([("status", json!("ok"))])
}

//! The function's parts and its routes.

use std::sync::Arc;

use axum::{
    Router,
    routing::{delete, get, post},
};
use serde_json::json;
use shared::{
    app_configs::AppConfigs,
    lambda::{
        access::Gate,
        http::{Reply, finish},
    },
    ports::{
        apps::{ManageApps, TrackHealth},
        certificate_test::TestNotifier,
        cipher::EncryptCredential,
        claims::ClaimKeys,
        clock::{Clock, Entropy},
        directory::ReadDirectory,
        groups::ManageGroups,
        queue::QueueErase,
        secrets::ReadSecret,
        users::{CreateUser, ReadFacts},
    },
};

use crate::{apps, client_secrets, groups, notifiers, settings, templates, tokens};

/// What the function works with.
pub struct ManageApp {
    /// configurations of the apps, for authentication
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
    /// what is left of apps that are deleted
    pub erasures: Arc<dyn QueueErase>,
    /// when notifiers worked and failed
    pub health: Arc<dyn TrackHealth>,
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

impl Gate for ManageApp {
    fn app_configs(&self) -> &AppConfigs {
        &self.configs
    }

    fn clock(&self) -> &dyn Clock {
        &*self.clock
    }
}

/// The routes of this function.
pub fn router(parts: ManageApp) -> Router {
    let clock = parts.clock.clone();
    let routes = Router::new()
        .route("/management/apps", post(apps::create))
        .route("/management/apps/{org}/{app}", get(apps::show).delete(apps::delete))
        .route("/management/apps/{org}/{app}/credentials", post(client_secrets::replace))
        .route("/management/apps/{org}/{app}/tokens/revoke", post(client_secrets::revoke_tokens))
        .route("/{org}/{app}/token", post(tokens::issue))
        .route("/{org}/{app}/push/settings", get(settings::show).put(settings::change))
        .route("/{org}/{app}/notification/template", post(templates::create).get(templates::list))
        .route(
            "/{org}/{app}/notification/template/{name}",
            get(templates::show).put(templates::change).delete(templates::delete),
        )
        .route("/{org}/{app}/notifiers", post(notifiers::create).get(notifiers::list))
        .route("/{org}/{app}/notifiers/{name}", get(notifiers::show).put(notifiers::change).delete(notifiers::delete))
        .route("/{org}/{app}/notifiers/{name}/test", post(notifiers::test))
        .route("/{org}/{app}/chatgroups", post(groups::create))
        .route("/{org}/{app}/chatgroups/{group}", get(groups::show).delete(groups::delete))
        .route("/{org}/{app}/chatgroups/{group}/users", post(groups::add).get(groups::members))
        .route("/{org}/{app}/chatgroups/{group}/users/{usernames}", delete(groups::remove))
        .route("/health", get(health))
        .with_state(Arc::new(parts));
    finish(routes, clock)
}

async fn health() -> Reply {
    Reply::fields([("status", json!("ok"))])
}

//! The function's ports and its routes.

use std::sync::Arc;

use axum::Router;
use shared::{
    app_configs::AppConfigs,
    lambda::{
        gate::{Gate, HttpState},
        routes::{Routes, delete, get, post, put},
    },
    name_ports,
    ports::{
        claims::ClaimKeys,
        clock::{Clock, Entropy},
        connections::QueueDirect,
        directory::ReadDirectory,
        erase_queue::QueueErase,
        erasure::{ForgetUser, KeepsMessages, NoteErasure, ReadVisibleSince},
        groups::ReadMemberships,
        users::{CreateUser, ManageProfiles, ReadFacts},
    },
};

use crate::{accounts, directory, erasure, ignored, nicknames, notification, preferences, users};

/// The state of the function's handlers.
pub struct ConfigureUser {
    /// configurations of the apps
    pub configs: AppConfigs,
    /// stores users' settings
    pub profiles: Arc<dyn ManageProfiles>,
    /// reads the facts of a user
    pub facts: Arc<dyn ReadFacts>,
    /// creates users
    pub new_users: Arc<dyn CreateUser>,
    /// reads the users of the app
    pub directory: Arc<dyn ReadDirectory>,
    /// idempotency keys
    pub claims: Arc<dyn ClaimKeys>,
    /// removes what decisions read of a user
    pub users: Arc<dyn ForgetUser>,
    /// reads erasures, and the creation of apps
    pub visible_since: Arc<dyn ReadVisibleSince>,
    /// stores erasures
    pub erasures: Arc<dyn NoteErasure>,
    /// reads whether messages of a user are stored
    pub messages: Arc<dyn KeepsMessages>,
    /// reads the groups of users
    pub memberships: Arc<dyn ReadMemberships>,
    /// the queue of hold-connection
    pub direct: Arc<dyn QueueDirect>,
    /// the queue of erase-data
    pub erase_queue: Arc<dyn QueueErase>,
    /// tells the time
    pub clock: Arc<dyn Clock>,
    /// gives random ids
    pub entropy: Arc<dyn Entropy>,
}

name_ports! { ConfigureUser {
    configs, profiles, facts, new_users, directory, claims, users, visible_since, erasures, messages, memberships,
    direct, erase_queue, clock, entropy
} }

/// Returns the routes of this function.
pub fn routes() -> Routes<HttpState<ConfigureUser>> {
    Routes::new()
        .route("/{org}/{app}/users", [post(accounts::create), get(directory::list)])
        .route("/{org}/{app}/users/{username}", [get(users::show), put(users::change), delete(erasure::erase)])
        .route("/{org}/{app}/users/{username}/password", [put(ignored::change_password)])
        .route(
            "/{org}/{app}/metadata/user/{username}",
            [put(ignored::change_attributes), delete(ignored::delete_attributes)],
        )
        .route("/{org}/{app}/push/nickname", [put(nicknames::change)])
        .route(
            "/{org}/{app}/users/{username}/notification/{chattype}/{key}",
            [get(notification::show), put(notification::change)],
        )
        .route(
            "/{org}/{app}/users/{username}/notification/language",
            [get(preferences::language), put(preferences::change_language)],
        )
        .route(
            "/{org}/{app}/users/{username}/notification/template",
            [get(preferences::template), put(preferences::change_template)],
        )
}

/// Returns the routes of this function behind its gate.
pub fn router(gate: Gate, state: ConfigureUser) -> Router {
    gate.guard(routes(), state)
}

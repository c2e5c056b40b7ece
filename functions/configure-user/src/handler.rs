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

/// What the function works with.
pub struct ConfigureUser {
    /// configurations of the apps
    pub configs: AppConfigs,
    /// where users' settings live
    pub profiles: Arc<dyn ManageProfiles>,
    /// what is known of a user
    pub facts: Arc<dyn ReadFacts>,
    /// creates users
    pub new_users: Arc<dyn CreateUser>,
    /// who the app's users are
    pub directory: Arc<dyn ReadDirectory>,
    /// idempotency keys
    pub claims: Arc<dyn ClaimKeys>,
    /// removes a user
    pub users: Arc<dyn ForgetUser>,
    /// since when users are who they are
    pub visible_since: Arc<dyn ReadVisibleSince>,
    /// who was erased
    pub erasures: Arc<dyn NoteErasure>,
    /// what is kept of messages
    pub messages: Arc<dyn KeepsMessages>,
    /// which groups users are in
    pub memberships: Arc<dyn ReadMemberships>,
    /// the queue of the function that speaks to connections
    pub direct: Arc<dyn QueueDirect>,
    /// what is left to erase
    pub erase_queue: Arc<dyn QueueErase>,
    /// the time
    pub clock: Arc<dyn Clock>,
    /// ids
    pub entropy: Arc<dyn Entropy>,
}

name_ports! { ConfigureUser {
    configs, profiles, facts, new_users, directory, claims, users, visible_since, erasures, messages, memberships,
    direct, erase_queue, clock, entropy
} }

/// The routes of this function.
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

/// The routes of this function behind its gate.
pub fn router(gate: Gate, state: ConfigureUser) -> Router {
    gate.guard(routes(), state)
}

//! The function's parts and its routes.

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, put},
};
use shared::{
    app_configs::AppConfigs,
    lambda::{access::Gate, http::finish},
    ports::{
        clock::Clock,
        users::{ManageProfiles, ReadFacts},
    },
};

use crate::{nicknames, notification, preferences, users};

/// What the function works with.
pub struct ConfigureUser {
    /// configurations of the apps
    pub configs: AppConfigs,
    /// where users' settings live
    pub profiles: Arc<dyn ManageProfiles>,
    /// what is known of a user
    pub facts: Arc<dyn ReadFacts>,
    /// the time
    pub clock: Arc<dyn Clock>,
}

impl Gate for ConfigureUser {
    fn app_configs(&self) -> &AppConfigs {
        &self.configs
    }

    fn clock(&self) -> &dyn Clock {
        &*self.clock
    }
}

/// The routes of this function.
pub fn router(parts: ConfigureUser) -> Router {
    let clock = parts.clock.clone();
    let routes = Router::new()
        .route("/{org}/{app}/users/{username}", get(users::show).put(users::change))
        .route("/{org}/{app}/push/nickname", put(nicknames::change))
        .route(
            "/{org}/{app}/users/{username}/notification/{chattype}/{key}",
            get(notification::show).put(notification::change),
        )
        .route(
            "/{org}/{app}/users/{username}/notification/language",
            get(preferences::language).put(preferences::change_language),
        )
        .route(
            "/{org}/{app}/users/{username}/notification/template",
            get(preferences::template).put(preferences::change_template),
        )
        .with_state(Arc::new(parts));
    finish(routes, clock)
}

//! The template and the code say the same: settings, queues, policies, routes.

mod document;
mod policies;
mod queues;
mod routes;
mod settings;

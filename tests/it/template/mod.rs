//! The template, the API's description and the code say the same: settings, queues, policies, routes.

mod connections;
mod document;
mod openapi;
mod policies;
mod queues;
mod resources;
mod routes;
mod settings;

pub use document::{Template, functions, pascal, read_yaml, root};
pub use routes::deployed;

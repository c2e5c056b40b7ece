//! Checks that the template, the API's description and the code agree: settings, queues, policies, routes.

mod calls;
mod connections;
mod document;
mod functions;
mod openapi;
mod policies;
mod queues;
mod resources;
mod routes;
mod settings;
mod vendors;

pub use document::{Template, read_yaml, root};
pub use functions::functions;
pub use routes::deployed;

//! Checks that the template, the API's description and the code agree: settings, queues, policies, routes.

mod alarms;
mod calls;
mod connections;
mod dashboard;
mod document;
mod domains;
mod functions;
mod metrics;
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

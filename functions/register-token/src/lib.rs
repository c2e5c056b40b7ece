//! HTTP function `register-token`: binds device tokens to users.
//!
//! | route | does |
//! |---|---|
//! | `PUT /{org}/{app}/users/{username}/push/binding` | binds a device token, or unbinds with an empty token or notifier name |
//! | `GET /{org}/{app}/users/{username}/push/binding` | lists the user's bindings |
//! | `POST /{org}/{app}/users/{username}/push/logout` | logs a device out, with or without unbinding, and ends its connection to us |
//!
//! Every call may be repeated, with the same result.

mod config;
mod handler;

pub use config::Config;
pub use handler::{RegisterToken, router, routes};

//! HTTP function `report-presence`: who is connected, and what they received.
//!
//! | route | does |
//! |---|---|
//! | `POST /{org}/{app}/presence/events` | takes up to 500 events of IM gateways or clients |
//! | `GET /{org}/{app}/users/{username}/status` | whether a user is online |
//! | `POST /{org}/{app}/users/batch/status` | the same for up to 100 users |
//! | `POST /{org}/{app}/users/{username}/offline_messages/ack` | takes what a client received |
//!
//! An event may be repeated: the second time it changes nothing. A bad event costs itself only.

mod acks;
mod config;
mod events;
mod handler;

pub use config::Config;
pub use handler::{MAX_EVENTS, MAX_USERS, ReportPresence, router};

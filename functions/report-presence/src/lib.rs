//! HTTP function `report-presence`: who is connected, what waits for them, and what they received.
//!
//! | route | does |
//! |---|---|
//! | `POST /{org}/{app}/presence/events` | takes up to 500 events of IM gateways or clients |
//! | `GET /{org}/{app}/users/{username}/status` | whether a user is online |
//! | `POST /{org}/{app}/users/batch/status` | the same for up to 100 users |
//! | `GET /{org}/{app}/users/{username}/offline_messages` | what waits for a user |
//! | `POST /{org}/{app}/users/{username}/offline_messages/ack` | takes what a client received |
//! | `GET /{org}/{app}/users/{username}/offline_msg_count` | how much waits |
//! | `GET /{org}/{app}/users/{username}/offline_msg_status/{msg_id}` | whether a message waits |
//!
//! An event may be repeated: the second time it changes nothing. A bad event costs itself only.

mod acks;
mod config;
mod events;
mod handler;
mod offline;

pub use config::Config;
pub use handler::{MAX_EVENTS, MAX_USERS, ReportPresence, router};

//! HTTP function `report-presence`: who is connected, what waits for them, and what they received.
//!
//! | route | does |
//! |---|---|
//! | `POST /{org}/{app}/presence/events` | takes up to 500 events of IM gateways or clients |
//! | `POST /{org}/{app}/presence/gateways/{gateway}` | renews the lease that keeps a gateway's devices online |
//! | `GET /{org}/{app}/users/{username}/status` | whether a user is online |
//! | `POST /{org}/{app}/users/batch/status` | the same for up to 100 users |
//! | `GET /{org}/{app}/users/{username}/offline_messages` | what waits for a user |
//! | `GET /{org}/{app}/users/{username}/resources` | the connected devices of a user |
//! | `POST /{org}/{app}/users/{username}/deactivate` | bans a user |
//! | `POST /{org}/{app}/users/{username}/activate` | takes the ban back |
//! | `GET /{org}/{app}/users/{username}/disconnect` | kicks all devices of a user |
//! | `DELETE`, `GET /{org}/{app}/users/{username}/disconnect/{resource}` | kicks one of them |
//! | `POST /{org}/{app}/users/{username}/offline_messages/ack` | takes what a client received |
//! | `GET /{org}/{app}/users/{username}/offline_msg_count` | how much waits |
//! | `GET /{org}/{app}/users/{username}/offline_msg_status/{msg_id}` | whether a message waits |
//!
//! An event may be repeated: the second time it changes nothing. A bad event costs itself only.

mod ban;
mod config;
mod devices;
mod events;
mod gateways;
mod handler;
mod offline;
mod paths;

pub use config::Config;
pub use handler::{MAX_EVENTS, MAX_USERS, ReportPresence, router, routes};

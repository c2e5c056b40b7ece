//! HTTP function `report-presence`: presence of users, their waiting messages, and acknowledgements.
//!
//! | route | does |
//! |---|---|
//! | `POST /{org}/{app}/presence/events` | applies up to 500 events of IM gateways or clients |
//! | `POST /{org}/{app}/presence/gateways/{gateway}` | renews the lease that keeps a gateway's devices online |
//! | `GET /{org}/{app}/users/{username}/status` | returns whether a user is online |
//! | `POST /{org}/{app}/users/batch/status` | the same for up to 100 users |
//! | `GET /{org}/{app}/users/{username}/offline_messages` | returns the messages that wait for a user |
//! | `GET /{org}/{app}/users/{username}/resources` | returns the connected devices of a user |
//! | `POST /{org}/{app}/users/{username}/deactivate` | bans a user |
//! | `POST /{org}/{app}/users/{username}/activate` | removes the ban |
//! | `GET /{org}/{app}/users/{username}/disconnect` | kicks all devices of a user |
//! | `DELETE`, `GET /{org}/{app}/users/{username}/disconnect/{resource}` | kicks one of them |
//! | `POST /{org}/{app}/users/{username}/offline_messages/ack` | stores which messages a client received |
//! | `GET /{org}/{app}/users/{username}/offline_msg_count` | returns how many messages wait |
//! | `GET /{org}/{app}/users/{username}/offline_msg_status/{msg_id}` | returns whether a message waits |
//!
//! A repeated event changes nothing. An invalid event affects no other.

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

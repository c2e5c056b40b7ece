//! HTTP function `explain-push`: explains why a message is pushed or suppressed, and returns statistics.
//!
//! | route | does |
//! |---|---|
//! | `POST /{org}/{app}/push/explain` | decides for a message without sending it |
//! | `GET /{org}/{app}/push/trace/{msg_id}?user=` | returns a message's record; with `request=true` also its requests |
//! | `GET /{org}/{app}/push/stats` | returns counts of pushes by hour or day |
//! | `GET /{org}/{app}/push/data/offline-push/begin/{begin}/end/{end}` | returns counts by day and channel, as Easemob writes them |
//! | `GET /{org}/{app}/users/{username}/messages` | returns the recent messages to a user, with their results |
//!
//! The dry run uses the code of check-presence to read, decide and word, and the code of push-vendor to build the
//! vendor's request. It stores and sends nothing, and decrypts no credential. A trace rebuilds requests with the same
//! code.

mod config;
mod explain;
mod handler;
mod rebuild;
mod recent;
mod request;
mod statistics;
mod trace;
mod trace_query;
mod view;

pub use config::Config;
pub use handler::{ExplainPush, router, routes};
pub use recent::{DEFAULT_RECENT, MAX_RECENT, RECENT_BOUNDS, RecentMessages};

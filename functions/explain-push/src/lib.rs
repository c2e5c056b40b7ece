//! HTTP function `explain-push`: why a message pushes or is silent.
//!
//! | route | does |
//! |---|---|
//! | `POST /{org}/{app}/push/explain` | decides for a message that is not sent |
//! | `GET /{org}/{app}/push/trace/{msg_id}?user=` | what was recorded of one that was |
//! | `GET /{org}/{app}/users/{username}/messages` | the recent messages to a user, with what became of them |
//!
//! The dry run reads, decides and words as `check-presence` does, by the same code, and writes the vendor's request as
//! `push-vendor` does. It stores and sends nothing, and opens no credential.

mod config;
mod explain;
mod handler;
mod recent;
mod trace;
mod view;

pub use config::Config;
pub use handler::{ExplainPush, router};
pub use recent::{DEFAULT_RECENT, MAX_RECENT, RECENT_BOUNDS, RecentMessages};

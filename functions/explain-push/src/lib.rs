//! HTTP function `explain-push`: why a message pushes or is silent, and how many did.
//!
//! | route | does |
//! |---|---|
//! | `POST /{org}/{app}/push/explain` | decides for a message that is not sent |
//! | `GET /{org}/{app}/push/trace/{msg_id}?user=` | what was recorded of one that was, with `request=true` also what its devices were sent |
//! | `GET /{org}/{app}/push/stats` | counts of pushes by hour or day |
//! | `GET /{org}/{app}/push/data/offline-push/begin/{begin}/end/{end}` | the same by day and channel, as Easemob writes them |
//! | `GET /{org}/{app}/users/{username}/messages` | the recent messages to a user, with what became of them |
//!
//! The dry run reads, decides and words as `check-presence` does, by the same code, and writes the vendor's request as
//! `push-vendor` does. It stores and sends nothing, and opens no credential. A trace rebuilds requests by the same code.

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

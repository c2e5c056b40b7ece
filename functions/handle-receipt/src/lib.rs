//! HTTP function `handle-receipt`: what vendors and apps report about pushes.
//!
//! | route | does | who |
//! |---|---|---|
//! | `POST /push/report/{vendor}/{secret}` | records receipts beside their messages, removes unregistered tokens | the vendor |
//! | `POST /{org}/{app}/users/{username}/push/clicked` | records beside the message that its notification was opened | the app, or the user |
//!
//! The path's secret names the notifier; where the operator configured a signature, it is checked as well. A report may come
//! again: nothing changes. It alone may decrypt what reports are signed with.

mod clean;
mod click;
mod config;
mod handler;
mod receive;

pub use config::Config;
pub use handler::{HandleReceipt, OpenedSecrets, router, routes};

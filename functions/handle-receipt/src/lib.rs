//! HTTP function `handle-receipt`: what vendors report about pushes.
//!
//! | route | does | who |
//! |---|---|---|
//! | `POST /push/report/{vendor}/{secret}` | records receipts beside their messages, removes unregistered tokens | the vendor |
//!
//! The path's secret names the notifier; where the operator configured a signature, it is checked as well. A report may come
//! again: nothing changes. It alone may decrypt what reports are signed with.

mod clean;
mod config;
mod handler;
mod receive;

pub use config::Config;
pub use handler::{HandleReceipt, OpenedSecrets, router};

//! HTTP function `handle-receipt`: records what vendors and apps report about pushes.
//!
//! | route | does | who |
//! |---|---|---|
//! | `POST /push/report/{vendor}/{secret}` | records receipts with their messages, removes unregistered tokens | the vendor |
//! | `POST /{org}/{app}/users/{username}/push/clicked` | records beside the message that its notification was opened | the app, or the user |
//!
//! The secret in the path identifies the notifier. If the operator configured a signature, handle-receipt verifies it,
//! too. A repeated report changes nothing. Only this function may decrypt the keys of these signatures.

mod clean;
mod click;
mod config;
mod handler;
mod receive;

pub use config::Config;
pub use handler::{HandleReceipt, OpenedSecrets, router, routes};

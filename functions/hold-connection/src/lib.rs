//! WebSocket and SQS function `hold-connection`: holds long connections of clients.
//!
//! | event | does |
//! |---|---|
//! | `$connect` | accepts a connection of a user's device: writes presence, then posts waiting messages |
//! | a frame (`$default`) | stores an acknowledgement, or answers a ping; API Gateway answers WebSocket pings itself |
//! | `$disconnect` | marks the device as offline |
//! | queue `direct` | posts messages and pages of waiting messages; ends connections |
//!
//! No other function posts to connections. A new connection first writes presence, and then reads what waits. A message
//! is first stored, and then its decision reads presence. So a message may arrive twice, but is never lost.
//!
//! Apps that ask for it are told which devices connected and disconnected.
//!
//! A connection whose access token expired or was revoked gets no message, and is ended. If a post finds the connection
//! gone, hold-connection drops it, and check-presence decides again at once; but not while the handshake may still
//! last. A throttled post goes back to the queue. A connection that takes no message is closed, so that its client
//! connects again. If a message is not acknowledged in time, check-presence decides again, whatever the result of the
//! post.

mod config;
mod connect;
mod direct;
mod end;
mod event;
mod first;
mod frame;
mod handler;
mod hold;
mod page;
mod receive;
mod settle;
mod tell;
mod token;

pub use config::Config;
pub use event::{Event, Output, SocketAnswer};
pub use frame::MAX_CLIENT_FRAME_BYTES;
pub use handler::handle;
pub use hold::{HoldConnection, Ports};
pub use page::MAX_PAGE_BYTES;

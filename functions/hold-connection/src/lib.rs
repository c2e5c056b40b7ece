//! WebSocket and SQS function `hold-connection`: the clients' own long connections.
//!
//! | event | does |
//! |---|---|
//! | `$connect` | takes a connection of a user's device: presence, then what waits |
//! | a frame (`$default`) | an acknowledgement; a ping reaches API Gateway alone |
//! | `$disconnect` | the device is offline |
//! | queue `direct` | posts messages and pages of what waits; ends connections |
//!
//! No other function posts to connections. A connection writes presence first and reads what waits after; a message is stored first, and
//! presence is read after: so a message may come twice, and never not at all.
//!
//! A connection whose access token ended or was revoked is posted nothing and is ended. A post that finds the connection gone drops it, unless
//! its handshake may still last, and the decision is taken again at once. One that is throttled goes back to the queue. A connection that takes
//! no message is closed, so that its client comes back for it. A message that is not acknowledged in time is decided again by `check-presence`, whatever became of its post.

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
mod token;

pub use config::Config;
pub use event::{Event, Output, SocketAnswer};
pub use frame::MAX_CLIENT_FRAME_BYTES;
pub use handler::handle;
pub use hold::{HoldConnection, Ports};
pub use page::MAX_PAGE_BYTES;

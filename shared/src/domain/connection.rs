//! Connections of devices to Curlew: how long they last, and how long a message waits for their acknowledgement.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::presence::State;

/// Progress of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Link {
    /// it was accepted; nothing was posted to it yet
    Connecting,
    /// a post to it succeeded, or a frame came from it
    Live,
}

/// Time for which a device counts as connected without a heartbeat. API Gateway ends every connection after two hours.
/// Source: Amazon API Gateway, "quotas for WebSocket APIs".
pub const CONNECTION_LEASE: Duration = Duration::from_secs(2 * 3600 + 300);
/// Maximum time until a connection is live. A message waits for it that long.
pub const CONNECTING: Duration = Duration::from_secs(10);
/// Maximum duration of a handshake: API Gateway waits 29 s for a function. Until then it refuses a post as if the
/// connection were gone. Source: as above.
pub const HANDSHAKE: Duration = Duration::from_secs(30);
/// Time for which a message waits for the acknowledgement of a live connection.
pub const ANSWER: Duration = Duration::from_secs(15);
/// Delay of the first page of waiting messages after a connection. API Gateway refuses an earlier post as if the
/// connection were gone.
pub const FIRST_PAGE: Duration = Duration::from_secs(1);
/// Maximum bytes of a frame. Source: as above.
pub const MAX_FRAME_BYTES: usize = 32 * 1024;
/// Maximum checks of a receiver's connections for one message. At the last check they count as offline. A client that
/// reconnects again and again without acknowledging cannot delay the push further.
pub const MAX_LOOKS: u32 = 8;

/// Reason why Curlew ends a connection. The client gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndReason {
    /// a newer session of the device, or a newer device of the user
    #[serde(rename = "superseded")]
    Superseded,
    /// the device was forced off
    #[serde(rename = "kicked")]
    Kicked,
    /// the user logged out on the device
    #[serde(rename = "logout")]
    Logout,
    /// the app's server reported the device as offline
    #[serde(rename = "offline")]
    Offline,
    /// the access token ended
    #[serde(rename = "token expired")]
    TokenExpired,
    /// the app's tokens were revoked
    #[serde(rename = "token revoked")]
    TokenRevoked,
}

impl EndReason {
    /// Returns the reason for the end of a connection that the device no longer uses, from the device's present state.
    pub const fn of(state: State) -> Self {
        match state {
            State::Online => Self::Superseded,
            State::Offline => Self::Offline,
            State::Kicked => Self::Kicked,
            State::Logout => Self::Logout,
        }
    }
}

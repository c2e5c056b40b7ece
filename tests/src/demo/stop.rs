//! Why the story ends before its end.

use std::{fmt, time::Duration};

use crate::{
    simulators::ClientError,
    stack::{SocketError, StackError},
};

/// What ends the story early.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// something happened otherwise than told
    #[error("{scene}: this is not how the story goes\n  expected  {expected}\n  found     {found}")]
    Mismatch {
        /// where
        scene: String,
        /// what the story says
        expected: String,
        /// what happened
        found: String,
    },
    /// something did not happen in time
    #[error("{what} took longer than {} s", .longest.as_secs())]
    Late {
        /// what was waited for
        what: String,
        /// for how long
        longest: Duration,
    },
    /// there are no phones to look at
    #[error(
        "the demo looks at the phones of the vendor simulators, and the stack has none: run it without VENDOR_BASE_URL"
    )]
    NoSimulators(#[source] ClientError),
    /// a connection to the WebSocket API is not as it should be
    #[error("the connection of a phone fails")]
    NoConnection(#[source] SocketError),
    /// the stack cannot be used
    #[error(transparent)]
    Stack(#[from] StackError),
}

impl Stop {
    /// Something happened otherwise than told.
    pub fn mismatch(scene: &str, expected: impl fmt::Display, found: impl fmt::Display) -> Self {
        Self::Mismatch { scene: scene.to_owned(), expected: expected.to_string(), found: found.to_string() }
    }

    /// Something did not happen in time.
    pub fn late(what: impl Into<String>, longest: Duration) -> Self {
        Self::Late { what: what.into(), longest }
    }
}

impl From<ClientError> for Stop {
    fn from(error: ClientError) -> Self {
        Self::Stack(error.into())
    }
}

//! Why the demo ends early.

use std::{fmt, time::Duration};

use crate::{
    simulators::ClientError,
    stack::{SocketError, StackError},
};

/// What ends the demo early.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// a result was not the expected one
    #[error("{scene}: a result is not the expected one\n  expected  {expected}\n  found     {found}")]
    Mismatch {
        /// the scene
        scene: String,
        /// what the demo expects
        expected: String,
        /// what happened
        found: String,
    },
    /// something took too long
    #[error("{what} took longer than {} s", .longest.as_secs())]
    Late {
        /// what was waited for
        what: String,
        /// for how long
        longest: Duration,
    },
    /// the stack has no simulators, so the demo cannot read the phones
    #[error(
        "the demo looks at the phones of the vendor simulators, and the stack has none: run it without VENDOR_BASE_URL"
    )]
    NoSimulators(#[source] ClientError),
    /// a connection to the WebSocket API failed
    #[error("the connection of a phone fails")]
    NoConnection(#[source] SocketError),
    /// the stack cannot be used
    #[error(transparent)]
    Stack(#[from] StackError),
}

impl Stop {
    /// Returns the error for a result that was not the expected one.
    pub fn mismatch(scene: &str, expected: impl fmt::Display, found: impl fmt::Display) -> Self {
        Self::Mismatch { scene: scene.to_owned(), expected: expected.to_string(), found: found.to_string() }
    }

    /// Returns the error for something that took too long.
    pub fn late(what: impl Into<String>, longest: Duration) -> Self {
        Self::Late { what: what.into(), longest }
    }
}

impl From<ClientError> for Stop {
    fn from(error: ClientError) -> Self {
        Self::Stack(error.into())
    }
}

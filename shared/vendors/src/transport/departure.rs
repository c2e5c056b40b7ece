//! How far a request has come on its way out.
//!
//! A connection asks for the first byte of a request's body when it stands, and for the rest when the request has a stream and may
//! send. So a vendor has not processed a request whose rest was never asked for, however the request ended.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::watch;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    LookingForConnection,
    Connected,
    Leaving,
}

/// What is known of a request.
#[derive(Clone)]
pub(super) struct Departure(watch::Receiver<Stage>);

impl Departure {
    /// Returns whether the request began to leave.
    pub(super) fn has_left(&self) -> bool {
        *self.0.borrow() == Stage::Leaving
    }

    /// Returns whether the request still looks for a connection.
    pub(super) fn looks_for_connection(&self) -> bool {
        *self.0.borrow() == Stage::LookingForConnection && self.0.has_changed().is_ok()
    }

    /// Waits until the request has a connection, or ends without one.
    pub(super) async fn connected(mut self) {
        // An error means that the request ended.
        drop(self.0.wait_for(|stage| *stage >= Stage::Connected).await);
    }
}

/// Returns a body that tells when it leaves.
pub(super) fn watched(body: Bytes) -> (reqwest::Body, Departure) {
    // Of so short a body no rest is asked for.
    let stage = if body.len() < 2 { Stage::Leaving } else { Stage::LookingForConnection };
    let (sender, receiver) = watch::channel(stage);
    (reqwest::Body::wrap(Watched { left: body, sender }), Departure(receiver))
}

struct Watched {
    left: Bytes,
    sender: watch::Sender<Stage>,
}

impl Body for Watched {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        let is_first = *self.sender.borrow() == Stage::LookingForConnection;
        let part = if is_first { self.left.split_to(1) } else { std::mem::take(&mut self.left) };
        self.sender.send_replace(if is_first { Stage::Connected } else { Stage::Leaving });
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}

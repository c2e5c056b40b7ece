//! Frames that clients send, and frames that they get.

use std::fmt;

use serde::Serialize;
use serde_json::json;
use shared::{
    domain::{
        ack::{Ack, MAX_ACKED},
        connection::EndReason,
        invalid::Invalid,
        time::Timestamp,
    },
    lambda::{
        acks,
        fields::Fields,
        rate::{ACKED_AT_ONCE, ACKED_PER_SECOND},
    },
    offline::{MAX_IN_VAIN, OfflineMessage},
};

/// Maximum bytes of a client's frame: enough for the ids of an acknowledgement.
pub const MAX_CLIENT_FRAME_BYTES: usize = 8 * 1024;

/// A frame of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ClientFrame {
    /// asks whether the connection works
    Ping,
    /// acknowledges messages
    Ack(Ack),
}

impl ClientFrame {
    /// Parses a frame.
    pub(crate) fn parse(text: &str, now: Timestamp) -> Result<Self, FrameError> {
        if text.len() > MAX_CLIENT_FRAME_BYTES {
            return Err(FrameError::new(
                "too_large",
                format!("a frame must be at most {MAX_CLIENT_FRAME_BYTES} bytes long"),
            ));
        }
        let fields = Fields::parse(text.as_bytes()).map_err(|invalid| {
            let said = invalid.to_string();
            FrameError::new("bad_frame", said.replace("the request body", "the frame"))
        })?;
        match fields.text("action").map_err(FrameError::from)? {
            "ping" => Ok(Self::Ping),
            "ack" => Ok(Self::Ack(acks::parse(&fields, now)?)),
            _ => Err(FrameError::new("unknown_action", "action must be one of: ack, ping")),
        }
    }

    /// Returns how many acknowledged ids the frame counts for. `up_to` reads all that waits, so it counts as much as
    /// the longest list.
    pub(crate) fn ids(&self) -> usize {
        match self {
            Self::Ping => 0,
            Self::Ack(Ack::Messages(ids)) => ids.len(),
            Self::Ack(Ack::UpTo(_)) => MAX_ACKED,
        }
    }
}

/// Why a frame is refused. The client gets the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FrameError {
    code: &'static str,
    message: String,
}

impl FrameError {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Returns the error for a binary frame.
    pub(crate) fn binary() -> Self {
        Self::new("bad_frame", "a frame must be text")
    }

    /// Returns the error for an unknown connection: its handshake has not ended, or it is closed.
    pub(crate) fn not_connected() -> Self {
        Self::new("not_connected", "this connection is not open yet, or not any more; connect again")
    }

    /// Returns the error for a user who sends too many frames in a second.
    pub(crate) fn too_many() -> Self {
        Self::new("too_many_frames", "too many frames in a second; this one was ignored, send it again later")
    }

    /// Returns the error for a user who acknowledges too many ids.
    pub(crate) fn too_many_ids() -> Self {
        let text = format!(
            "too many acknowledged messages, at most {ACKED_AT_ONCE} at once and {ACKED_PER_SECOND} a second; \
             this frame was ignored, send it again later"
        );
        Self::new("too_many_frames", text)
    }

    /// Returns the error for a user who acknowledges more unknown ids than hold-connection searches for.
    pub(crate) fn too_many_unknown() -> Self {
        let text = format!(
            "too many acknowledged messages are not known, at most {MAX_IN_VAIN} frames with such a minute; \
             those of this frame that are known were taken, send it again later"
        );
        Self::new("too_many_frames", text)
    }

    /// Returns the error for a connection that is being ended for this reason.
    pub(crate) fn ended(reason: EndReason) -> Self {
        match reason {
            EndReason::TokenExpired => {
                Self::new("token_expired", "the access token has expired; connect with a new one")
            }
            _ => Self::new("token_revoked", "the access token was revoked; connect with a new one"),
        }
    }

    /// Returns the error for a failed table or queue.
    pub(crate) fn unavailable() -> Self {
        Self::new("unavailable", "temporarily unavailable, send it again later")
    }

    /// Returns the frame with this error.
    pub(crate) fn frame(&self) -> String {
        json!({"kind": "error", "code": self.code, "message": self.message}).to_string()
    }
}

impl From<Invalid> for FrameError {
    fn from(invalid: Invalid) -> Self {
        Self::new("bad_frame", invalid.to_string())
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

/// Returns the answer to a ping.
pub(crate) fn pong() -> String {
    json!({"kind": "pong"}).to_string()
}

/// Returns the answer to an acknowledgement. With `more` the client must repeat it.
pub(crate) fn acked(acked: usize, more: bool) -> String {
    match more {
        true => json!({"kind": "acked", "acked": acked, "more": true}).to_string(),
        false => json!({"kind": "acked", "acked": acked}).to_string(),
    }
}

/// Returns the frame with a message or an instant push.
pub(crate) fn message(message: &OfflineMessage) -> String {
    #[derive(Serialize)]
    struct Frame<'a> {
        kind: &'static str,
        message: &'a OfflineMessage,
    }
    let kind = if message.push.is_some() { "push" } else { "message" };
    serde_json::to_string(&Frame { kind, message }).unwrap_or_default()
}

/// Returns the frame with the reason why the connection ends.
pub(crate) fn kicked(reason: EndReason) -> String {
    json!({"kind": "kicked", "reason": reason}).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_768_467_600_000);

    fn refused(text: &str) -> (&'static str, String) {
        let error = ClientFrame::parse(text, NOW).unwrap_err();
        (error.code, error.message)
    }

    #[test]
    fn a_frame_that_breaks_a_rule_is_answered_with_field_and_rule() {
        for (text, code, says) in [
            ("", "bad_frame", "the frame is not valid JSON (line 1, column 0)"),
            ("[1]", "bad_frame", "the frame must be a JSON object"),
            ("{}", "bad_frame", "action is required"),
            (r#"{"action":7}"#, "bad_frame", "action must be a string"),
            (r#"{"action":"dance"}"#, "unknown_action", "action must be one of: ack, ping"),
            (r#"{"action":"ack"}"#, "bad_frame", "msg_ids is required"),
            (r#"{"action":"ack","msg_ids":["x"]}"#, "bad_frame", "msg_ids[0] must be the id of a message"),
            (r#"{"action":"ack","msg_ids":[],"up_to":"x"}"#, "bad_frame", "up_to must not stand beside msg_ids"),
        ] {
            assert_eq!(refused(text), (code, says.to_owned()), "{text}");
        }
        let large = format!(r#"{{"action":"ping","pad":"{}"}}"#, "x".repeat(MAX_CLIENT_FRAME_BYTES));
        assert_eq!(refused(&large).0, "too_large");
    }

    #[test]
    fn the_largest_acknowledgement_fits_a_frame() {
        let ids = vec!["01ARZ3NDEKTSV4RRFFQ69G5FAV"; 100];
        let frame = json!({"action": "ack", "msg_ids": ids}).to_string();
        assert!(matches!(ClientFrame::parse(&frame, NOW), Ok(ClientFrame::Ack(Ack::Messages(ids))) if ids.len() == 1));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            drop(ClientFrame::parse(&text, NOW));
        }
    }
}

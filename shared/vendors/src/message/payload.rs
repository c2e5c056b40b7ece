//! A message, written once and completed with the tokens of one request after the other.

use std::fmt;

use bytes::Bytes;
use serde::Serialize;
use shared::domain::{binding::DeviceToken, outcome::CallError};

use super::text::{push_tokens, to_json};

/// How an interface puts a body together: head, tokens, joint, the message without its opening brace, end.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// before the tokens
    pub head: &'static str,
    /// between tokens and message
    pub joint: &'static str,
    /// behind the message
    pub end: &'static str,
    /// maximum bytes of the body without its tokens, and the code that the vendor would answer to more
    pub limit: Option<(usize, &'static str)>,
}

/// The bodies of a call's requests.
pub struct Payload {
    head: &'static str,
    /// everything behind the tokens
    tail: Vec<u8>,
}

impl Payload {
    /// Writes what all tokens of a call share. Refuses what the vendor would refuse.
    pub fn new(frame: &Frame, message: &impl Serialize) -> Result<Self, CallError> {
        let message = to_json(message)?;
        let tail = [frame.joint.as_bytes(), message.get(1..).unwrap_or_default(), frame.end.as_bytes()].concat();
        if let Some((max_bytes, code)) = frame.limit
            && frame.head.len() + tail.len() > max_bytes
        {
            return Err(CallError::Rejected { code: code.to_owned() });
        }
        Ok(Self { head: frame.head, tail })
    }

    /// Returns the request body for some tokens.
    pub fn to(&self, tokens: &[DeviceToken]) -> Bytes {
        let length: usize = tokens.iter().map(|token| token.expose().len() + 3).sum();
        let mut body = Vec::with_capacity(self.head.len() + length + self.tail.len());
        body.extend_from_slice(self.head.as_bytes());
        push_tokens(&mut body, tokens);
        body.extend_from_slice(&self.tail);
        Bytes::from(body)
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({} bytes)", self.tail.len())
    }
}

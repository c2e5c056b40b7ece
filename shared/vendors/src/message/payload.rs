//! A message, written once and completed with the tokens of one request after the other.

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
    /// of the body without its tokens
    pub max_bytes: usize,
    /// the code that the vendor would answer to more
    pub too_long: &'static str,
}

/// The bodies of a call's requests.
#[derive(Debug)]
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
        if frame.head.len() + tail.len() > frame.max_bytes {
            return Err(CallError::Rejected { code: frame.too_long.to_owned() });
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

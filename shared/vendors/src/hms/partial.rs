//! Partial success: whether an answer that names tokens agrees with itself and with its request.

use crate::prelude::*;

/// A partial success: how many tokens are taken, and which are not.
#[derive(Debug, Deserialize)]
pub struct PartialSuccess {
    pub success: usize,
    pub failure: usize,
    pub illegal_tokens: Vec<String>,
}

impl PartialSuccess {
    /// Reads the JSON that an answer's message is.
    pub fn read(message: &Value) -> Option<Self> {
        serde_json::from_str(message.as_str()?).ok()
    }
}

/// Returns whether an answer's counts are those of the tokens that it names and of its request.
pub fn counts_agree(success: usize, failure: usize, named: usize, tokens: &[DeviceToken]) -> bool {
    failure == named && success.checked_add(failure) == Some(tokens.len())
}

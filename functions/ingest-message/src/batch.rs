//! The body of a batch: many one-to-one messages, each read and refused by itself.

use serde_json::{Map, Value};
use shared::{
    domain::invalid::Invalid,
    lambda::{error::ApiError, fields::Fields, message::Message},
};

/// The most messages of a batch.
pub const MAX_MESSAGES: usize = 100;

/// Parses a batch: its messages in their order, or why each is refused.
pub fn parse(body: &[u8]) -> Result<Vec<Result<Message, ApiError>>, ApiError> {
    let fields = Fields::parse(body).map_err(refused)?;
    let messages = fields.list("messages", 1, MAX_MESSAGES).map_err(refused)?;
    Ok(messages.iter().map(message).collect())
}

fn message(value: &Value) -> Result<Message, ApiError> {
    let fields: &Map<String, Value> =
        value.as_object().ok_or_else(|| refused(Invalid::new("a message", "must be a JSON object")))?;
    let message = Message::of(&Fields::of(fields.clone()))?;
    match message.to.len() {
        1 => Ok(message),
        _ => Err(refused(Invalid::new("to", "must name one user"))),
    }
}

fn refused(invalid: Invalid) -> ApiError {
    ApiError::invalid(&invalid).of_message(None)
}

//! The body of a batch: many one-to-one messages. Each is parsed and refused separately.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use shared::{
    domain::{id::AppKey, invalid::Invalid},
    lambda::{error::ApiError, fields::Fields, idempotency::RequestAttempt, message::MessageCall},
};

use crate::{
    accept::{ToUser, accept, gather},
    handler::IngestMessage,
};

/// Maximum messages of a batch.
pub const MAX_MESSAGES: usize = 100;

/// Parses a batch. Returns its messages in their order, or why each is refused.
pub fn parse(body: &[u8]) -> Result<Vec<Result<MessageCall, ApiError>>, ApiError> {
    let fields = read(body)?;
    let messages = fields.list("messages", 1, MAX_MESSAGES).map_err(refused)?;
    Ok(messages.iter().map(message).collect())
}

/// Sends the messages of a batch. Returns an answer for each, in their order.
pub async fn send(
    state: &IngestMessage,
    app: &AppKey,
    attempt: &RequestAttempt,
    messages: Vec<Result<MessageCall, ApiError>>,
) -> Result<Vec<Value>, ApiError> {
    let mut contents = BTreeMap::new();
    let mut to = Vec::new();
    let mut answers = Vec::new();
    for (place, message) in messages.into_iter().enumerate() {
        answers.push(match message {
            Ok(mut message) => {
                let users = std::mem::take(&mut message.to).into_iter();
                let content = message.content(attempt.since);
                let kept = !content.online_only;
                to.extend(users.map(|one| ToUser { message: place, user: one.id, names: one.names, kept }));
                contents.insert(place, content);
                Value::Null
            }
            Err(error) => Value::Object(error.summary()),
        });
    }
    let named = state.id_assigner(app, attempt).assign_ids(to).await?;
    for one in &named {
        answers[one.to.message] = json!({"to": one.to.user, "msg_id": one.msg_id});
    }
    accept(app, &gather(&contents, named), attempt, state.stores(), &*state.queue).await?;
    Ok(answers)
}

fn message(value: &Value) -> Result<MessageCall, ApiError> {
    let fields: &Map<String, Value> =
        value.as_object().ok_or_else(|| refused(Invalid::new("a message", "must be a JSON object")))?;
    let message = MessageCall::of(&Fields::of(fields.clone()))?;
    match message.to.len() {
        1 => Ok(message),
        _ => Err(refused(Invalid::new("to", "must name one user"))),
    }
}

/// Returns the fields of a message call.
pub fn read(body: &[u8]) -> Result<Fields, ApiError> {
    Fields::parse(body).map_err(refused)
}

/// Returns the message API's error for an invalid value.
pub fn refused(invalid: Invalid) -> ApiError {
    ApiError::invalid(&invalid).of_message(None)
}

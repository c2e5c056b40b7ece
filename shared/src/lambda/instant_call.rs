//! The body of an instant push, parsed with the reference API's rules and texts.

use std::time::Duration;

use super::{error::ApiError, fields::Fields, message::push_ttl};
use crate::domain::{
    id::TaskId,
    instant::{PushMessage, Strategy},
    invalid::Invalid,
    message::{Content, MAX_CONTENT_BYTES},
    push::SemanticClass,
    time::Timestamp,
};

/// A checked instant push, without its receivers.
#[derive(Debug, Clone, PartialEq)]
pub struct InstantCall {
    strategy: Strategy,
    message: PushMessage,
    ttl: Duration,
}

impl InstantCall {
    /// The field that only instant pushes have.
    pub const FIELD: &str = "pushMessage";

    /// Reads the fields of a push. A push without a class gets `class`.
    pub fn of(fields: &Fields, class: SemanticClass) -> Result<Self, ApiError> {
        let strategy = Strategy::parse(fields.optional_integer("strategy")?)?;
        let ttl = push_ttl(fields)?;
        let message = PushMessage::parse(fields.object(Self::FIELD)?, class)
            .map_err(|invalid| ApiError::bad_push_message(&invalid))?;
        if message.bytes() > MAX_CONTENT_BYTES {
            return Err(ApiError::too_large(format!("pushMessage exceeds {MAX_CONTENT_BYTES} bytes")));
        }
        Ok(Self { strategy, message, ttl })
    }

    /// Returns which channels may carry it.
    pub const fn strategy(&self) -> Strategy {
        self.strategy
    }

    /// Returns its title.
    pub fn title(&self) -> &str {
        self.message.title()
    }

    /// Returns the content that a task pushes, accepted at this time.
    pub fn content_of(self, task: TaskId, accepted_at: Timestamp) -> Result<Content, Invalid> {
        let mut content = self.content(accepted_at)?;
        if let Some(instant) = &mut content.instant {
            instant.task = Some(task);
        }
        Ok(content)
    }

    /// Returns the content that all receivers share, accepted at this time.
    pub fn content(self, accepted_at: Timestamp) -> Result<Content, Invalid> {
        self.message.content(self.strategy, accepted_at, accepted_at.plus(self.ttl))
    }
}

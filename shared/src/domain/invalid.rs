//! The error for an invalid value of a caller: which field, and which rule it breaks.

use std::fmt;

/// A value that breaks a rule. The text names the field and the rule. It never repeats the value, which may be a
/// secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Invalid {
    field: String,
    text: String,
}

impl Invalid {
    /// Creates an error with our own text: "`field` `rule`", for example "device_id must be 1 to 128 bytes long".
    pub fn new(field: impl Into<String>, rule: impl fmt::Display) -> Self {
        let field = field.into();
        let text = format!("{field} {rule}");
        Self { field, text }
    }

    /// Creates an error whose whole text the reference API documents.
    pub fn verbatim(field: impl Into<String>, text: impl Into<String>) -> Self {
        Self { field: field.into(), text: text.into() }
    }

    /// Returns the invalid field, as the caller spells it.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Returns the error with the field's place in front, for example `events[3].user`.
    pub fn within(self, place: &str) -> Self {
        let text = match self.text.strip_prefix(&self.field) {
            Some(rule) => format!("{place}.{}{rule}", self.field),
            None => self.text,
        };
        Self { field: format!("{place}.{}", self.field), text }
    }
}

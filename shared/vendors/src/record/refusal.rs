//! Which field of an object is wrong, and which rule it breaks.

use std::fmt;

use serde::de::{self, Expected, Unexpected};
use shared::domain::invalid::Invalid;

/// A refusal on its way out of the object that holds the field.
#[derive(Debug)]
pub struct Refusal {
    /// the field below the object that is read; empty for the value itself
    field: String,
    rule: String,
}

impl Refusal {
    /// The refusal of the value that is read.
    pub(super) fn new(rule: impl fmt::Display) -> Self {
        Self { field: String::new(), rule: rule.to_string() }
    }

    /// The same refusal, seen from the object that holds the value under this name.
    pub(super) fn under(self, name: &str) -> Self {
        let field = if self.field.is_empty() { name.to_owned() } else { format!("{name}.{}", self.field) };
        Self { field, ..self }
    }

    /// The refusal as the API tells it.
    pub(super) fn at(self, place: &str) -> Invalid {
        match self.field.is_empty() {
            true => Invalid::new(place, self.rule),
            false => Invalid::new(format!("{place}.{}", self.field), self.rule),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rule)
    }
}

impl std::error::Error for Refusal {}

/// What serde's own texts would repeat of the value is left out.
impl de::Error for Refusal {
    fn custom<T: fmt::Display>(rule: T) -> Self {
        Self::new(rule)
    }

    fn invalid_type(_: Unexpected<'_>, rule: &dyn Expected) -> Self {
        Self::new(format_args!("must be {rule}"))
    }

    fn invalid_value(_: Unexpected<'_>, rule: &dyn Expected) -> Self {
        Self::new(format_args!("must be {rule}"))
    }
}

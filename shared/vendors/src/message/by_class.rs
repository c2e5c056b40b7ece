//! What differs by the class of a push.

use serde::{Deserialize, Serialize};
use shared::domain::push::SemanticClass;

/// A value for each class.
#[derive(Debug, Deserialize, Serialize)]
pub struct ByClass<T> {
    /// for chat messages
    pub im: T,
    /// for messages that mention the receiver
    pub mention: T,
    /// for calls
    pub call: T,
    /// for the app's own notices
    pub system: T,
    /// for advertising
    pub marketing: T,
}

impl<T> ByClass<T> {
    /// Makes one value for each class.
    pub fn of_each(one: impl Fn() -> T) -> Self {
        Self { im: one(), mention: one(), call: one(), system: one(), marketing: one() }
    }

    /// Returns the value of a class.
    pub fn of(&self, class: SemanticClass) -> &T {
        match class {
            SemanticClass::Im => &self.im,
            SemanticClass::Mention => &self.mention,
            SemanticClass::Call => &self.call,
            SemanticClass::System => &self.system,
            SemanticClass::Marketing => &self.marketing,
        }
    }
}

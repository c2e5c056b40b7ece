//! One payload for one notifier and its targets: the vendor-neutral form of a push.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What kind of disturbance a push is; each vendor maps it to its own category, channel or importance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SemanticClass {
    /// a chat message
    #[default]
    Im,
}

impl SemanticClass {
    /// Every class.
    pub const ALL: [Self; 1] = [Self::Im];

    /// The class as the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Im => "im",
        }
    }
}

/// A notification before any vendor's form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// the first line
    pub title: String,
    /// the text
    pub body: String,
    /// handed to the app with the tap
    pub custom: Map<String, Value>,
    /// what kind of disturbance it is
    #[serde(default)]
    pub class: SemanticClass,
    /// a repeat with the same id replaces the notification instead of adding one
    pub replace_id: String,
    /// the message's own vendor options; they beat the notifier's
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub options: Map<String, Value>,
}

impl Notification {
    /// A text option: the message's own under `message_key`, else the notifier's under `notifier_key`.
    pub fn option<'a>(
        &'a self,
        message_key: &str,
        notifier_options: &'a Map<String, Value>,
        notifier_key: &str,
    ) -> Option<&'a str> {
        let text = |value: &'a Value| value.as_str().filter(|text| !text.is_empty());
        self.options.get(message_key).and_then(text).or_else(|| notifier_options.get(notifier_key).and_then(text))
    }
}

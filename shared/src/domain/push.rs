//! A notification in its vendor-neutral form.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::{
    instant::{own_content, own_title},
    invalid::Invalid,
    vendor::Vendor,
};

/// The class of a push. Each vendor's category mapping turns it into a category, channel or importance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SemanticClass {
    /// a chat message
    #[default]
    Im,
    /// a chat message that names its receiver
    Mention,
    /// somebody is calling
    Call,
    /// about the account or the service
    System,
    /// advertising
    Marketing,
}

impl SemanticClass {
    /// Every class.
    pub const ALL: [Self; 5] = [Self::Im, Self::Mention, Self::Call, Self::System, Self::Marketing];

    /// Returns the class as the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Im => "im",
            Self::Mention => "mention",
            Self::Call => "call",
            Self::System => "system",
            Self::Marketing => "marketing",
        }
    }

    /// Parses a caller's text.
    pub fn parse_as(field: &str, text: &str) -> Result<Self, Invalid> {
        Self::ALL.into_iter().find(|class| class.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Invalid::new(field, format_args!("must be one of {names}"))
        })
    }

    /// Returns whether the class is a chat message. An operator's settings for chat apply to these only.
    pub const fn is_chat(self) -> bool {
        match self {
            Self::Im | Self::Mention => true,
            Self::Call | Self::System | Self::Marketing => false,
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
    /// the class; a class that this version does not know counts as a chat message
    #[serde(default, deserialize_with = "known_class")]
    pub class: SemanticClass,
    /// a retry with the same id replaces the notification and adds none
    pub replace_id: String,
    /// whether it adds one to the number on the app's icon, if the vendor supports that
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub badge: bool,
    /// the message's own vendor options; they beat the notifier's
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub options: Map<String, Value>,
}

/// Returns `true`, the default. Records of versions without the setting add one.
const fn yes() -> bool {
    true
}

const fn is_yes(badge: &bool) -> bool {
    *badge
}

fn known_class<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SemanticClass, D::Error> {
    let name = Cow::<'de, str>::deserialize(deserializer)?;
    Ok(SemanticClass::parse_as("class", &name).unwrap_or_default())
}

impl Notification {
    /// Returns an instant push as this vendor shows it: with the title and the text of the vendor's own block, where it
    /// has them.
    pub fn of_block(&self, vendor: Vendor) -> Self {
        let own = |option: String| self.options.get(&option).and_then(Value::as_str).map(str::to_owned);
        let mut shown = self.clone();
        shown.title = own(own_title(vendor)).unwrap_or(shown.title);
        shown.body = own(own_content(vendor)).unwrap_or(shown.body);
        shown
    }

    /// Returns a text option: the message's own under `message_key`, else the notifier's under `notifier_key`.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_is_read_and_written_by_its_name() {
        for class in SemanticClass::ALL {
            assert_eq!(SemanticClass::parse_as("class", class.name()).unwrap(), class);
            assert_eq!(serde_json::to_value(class).unwrap(), class.name());
        }
        let refusal = SemanticClass::parse_as("ext.em_push_class", "IM").unwrap_err();
        assert_eq!(refusal.to_string(), "ext.em_push_class must be one of im, mention, call, system, marketing");
    }
}

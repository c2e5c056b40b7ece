//! Identifiers. Each is validated once, when it is parsed.
//!
//! App keys and user ids compare lower-cased. Only this file folds their case.

mod message;
mod task;

use std::{borrow::Borrow, fmt};

use serde::{Deserialize, Deserializer, Serialize};

use super::invalid::Invalid;

pub use self::{
    message::MessageId,
    task::{StoredPushId, TaskId},
};

/// Gives a string newtype its accessors and its serde form. Deserializing validates again.
macro_rules! string_id {
    ($name:ident) => {
        impl $name {
            /// Returns the identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

/// An app of a tenant: `org#app`. Each part is 1 to 64 of `a-z 0-9 _ -`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct AppKey(String);

string_id!(AppKey);

impl AppKey {
    /// Parses the two path segments of the API.
    pub fn new(org: &str, app: &str) -> Result<Self, Invalid> {
        let part = |field: &str, text: &str| -> Result<String, Invalid> {
            let folded = text.to_ascii_lowercase();
            let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
            if (1..=64).contains(&folded.len()) && folded.bytes().all(allowed) {
                Ok(folded)
            } else {
                Err(Invalid::new(field, "must be 1 to 64 characters of a-z, 0-9, _ and -"))
            }
        };
        Ok(Self(format!("{}#{}", part("org", org)?, part("app", app)?)))
    }

    /// Parses `org#app`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let (org, app) = text.split_once('#').ok_or_else(|| Invalid::new("app", "must be of the form org#app"))?;
        Self::new(org, app)
    }

    /// Returns the part before the `#`.
    pub fn org(&self) -> &str {
        self.0.split_once('#').map_or("", |(org, _)| org)
    }

    /// Returns the part after the `#`.
    pub fn app(&self) -> &str {
        self.0.split_once('#').map_or("", |(_, app)| app)
    }
}

/// A user of an app: 1 to 64 of `a-z 0-9 _ - .`, compared lower-cased.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct UserId(String);

string_id!(UserId);

impl UserId {
    /// Parses a caller's text; upper case is folded.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::parse_as("username", text)
    }

    /// Parses as [`UserId::parse`] does, and names this field in an error.
    pub fn parse_as(field: &str, text: &str) -> Result<Self, Invalid> {
        let folded = text.to_ascii_lowercase();
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.');
        if (1..=64).contains(&folded.len()) && folded.bytes().all(allowed) {
            Ok(Self(folded))
        } else {
            Err(Invalid::new(field, "must be 1 to 64 characters of a-z, 0-9, _, - and ."))
        }
    }

    /// Returns whether a URL path can name the user. HTTP libraries remove `.` and `..` from paths, so no user is
    /// created under such a name.
    pub fn can_stand_in_a_path(&self) -> bool {
        !matches!(self.as_str(), "." | "..")
    }
}

/// A group of an app: 1 to 64 of `a-z A-Z 0-9 _ - .`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct GroupId(String);

string_id!(GroupId);

impl GroupId {
    /// Parses a caller's text in the field `groupid`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::parse_as("groupid", text)
    }

    /// Parses as [`GroupId::parse`] does, and names this field in an error.
    pub fn parse_as(field: &str, text: &str) -> Result<Self, Invalid> {
        path_name(field, text).map(Self)
    }
}

/// The name of a push label: 1 to 64 of `a-z A-Z 0-9 _ - .`. Names that differ in case are different. Source: Easemob,
/// "push label management".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct LabelName(String);

string_id!(LabelName);

impl LabelName {
    /// Parses a caller's text in the field `name`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::parse_as("name", text)
    }

    /// Parses as [`LabelName::parse`] does, and names this field in an error.
    pub fn parse_as(field: &str, text: &str) -> Result<Self, Invalid> {
        path_name(field, text).map(Self)
    }
}

/// The id of a push label, which Curlew gives: 16 hexadecimal digits. It tells labels apart that had the same name one
/// after the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct LabelId(String);

string_id!(LabelId);

impl LabelId {
    /// Creates an id from 64 of these random bits.
    pub fn new(random: u128) -> Self {
        Self(format!("{:016x}", random & u128::from(u64::MAX)))
    }

    /// Parses a stored id.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new("label", "must be 16 hexadecimal digits"))
        }
    }
}

/// The name of a template: 1 to 64 letters and digits. Source: Easemob, "limitations".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct TemplateName(String);

string_id!(TemplateName);

impl TemplateName {
    /// Parses a caller's text in the field `name`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::parse_as("name", text)
    }

    /// Parses as [`TemplateName::parse`] does, and names this field in an error.
    pub fn parse_as(field: &str, text: &str) -> Result<Self, Invalid> {
        if (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new(field, "must be 1 to 64 characters of a-z, A-Z and 0-9"))
        }
    }
}

/// The client's stable id of one device: 1 to 128 bytes without control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct DeviceId(String);

string_id!(DeviceId);

impl DeviceId {
    /// Parses a caller's text.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        printable("device_id", text, 128).map(Self)
    }
}

/// The name of a configured certificate. It alone selects the vendor. 1 to 128 bytes without control characters, `/`
/// and `?`, and not `.` or `..`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct NotifierName(String);

string_id!(NotifierName);

impl NotifierName {
    /// Parses a caller's text in the field `notifier_name`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::parse_as("notifier_name", text)
    }

    /// Parses as [`NotifierName::parse`] does, and names this field in an error.
    pub fn parse_as(field: &str, text: &str) -> Result<Self, Invalid> {
        let name = printable(field, text, 128)?;
        // A URL path cannot name such a notifier.
        if name.contains(['/', '?']) || matches!(name.as_str(), "." | "..") {
            return Err(Invalid::new(field, "must not contain / or ?, nor be . or .."));
        }
        Ok(Self(name))
    }
}

/// One connection of a device to a gateway, as the gateway names it: 1 to 128 bytes without control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SessionId(String);

string_id!(SessionId);

impl SessionId {
    /// Parses a caller's text.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        printable("session", text, 128).map(Self)
    }
}

/// An IM gateway of an app, as it names itself: 1 to 64 of `a-z A-Z 0-9 _ - .`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct GatewayId(String);

string_id!(GatewayId);

impl GatewayId {
    /// Parses a caller's text in the field `gateway`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        path_name("gateway", text).map(Self)
    }
}

/// Parses a name that a URL path can carry unescaped.
fn path_name(field: &str, text: &str) -> Result<String, Invalid> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    // A URL path cannot carry a name of dots.
    if (1..=64).contains(&text.len()) && text.bytes().all(allowed) && !matches!(text, "." | "..") {
        Ok(text.to_owned())
    } else {
        Err(Invalid::new(field, "must be 1 to 64 characters of a-z, A-Z, 0-9, _, - and ., and not . or .."))
    }
}

fn printable(field: &str, text: &str, most: usize) -> Result<String, Invalid> {
    if text.is_empty() || text.len() > most {
        return Err(Invalid::new(field, format!("must be 1 to {most} bytes long")));
    }
    if text.chars().any(char::is_control) {
        return Err(Invalid::new(field, "must not contain control characters"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_ids_compare_lower_cased() {
        assert_eq!(UserId::parse("Alice").unwrap(), UserId::parse("alice").unwrap());
    }

    #[test]
    fn a_refusal_names_the_field_and_the_rule() {
        let refused = UserId::parse_as("to[0]", "no blanks").unwrap_err();
        assert_eq!(refused.to_string(), "to[0] must be 1 to 64 characters of a-z, 0-9, _, - and .");
        assert_eq!(refused.within("messages[2]").field(), "messages[2].to[0]");
    }

    #[test]
    fn an_app_key_has_two_parts() {
        let key = AppKey::parse("Acme#chat").unwrap();
        assert_eq!((key.org(), key.app()), ("acme", "chat"));
        assert!(AppKey::parse("acme").is_err());
        assert!(AppKey::parse("a#b#c").is_err());
    }

    #[test]
    fn labels_that_differ_in_case_are_different() {
        let name = |text: &str| LabelName::parse(text);
        assert_ne!(name("Vip").unwrap(), name("vip").unwrap());
        for text in ["post-90s", "a.b_C", &"x".repeat(64), "..."] {
            assert!(name(text).is_ok(), "{text}");
        }
        for text in ["", ".", "..", "a b", "a/b", "\u{6807}\u{7b7e}", "a#b", &"x".repeat(65)] {
            let refused = name(text).unwrap_err().to_string();
            assert!(refused.starts_with("name must be 1 to 64 characters of a-z, A-Z, 0-9, _, - and ."), "{refused}");
        }
    }

    #[test]
    fn a_label_s_id_is_read_as_it_was_made() {
        for random in [0, 7, u128::MAX] {
            let id = LabelId::new(random);
            assert_eq!(LabelId::parse(id.as_str()).unwrap(), id);
        }
        assert!(LabelId::parse("0").is_err() && LabelId::parse("000000000000000G").is_err());
    }

    #[test]
    fn a_notifier_name_can_stand_in_a_path() {
        for name in ["1000#key", "two words", "50%", "...", "back\\slash"] {
            assert!(NotifierName::parse(name).is_ok(), "{name}");
        }
        for name in ["a/b", "a?b", ".", "..", "a\nb"] {
            assert!(NotifierName::parse(name).is_err(), "{name}");
        }
    }
}

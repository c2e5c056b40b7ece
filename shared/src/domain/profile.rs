//! A user's own settings: how notifications look, and when they are allowed.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    account::Account,
    id::{GroupId, TemplateName, UserId},
    invalid::Invalid,
    quiet::DailyWindow,
    time::Timestamp,
    zone::TimeZone,
};

/// The longest push nickname, in characters. Source: Easemob, "set the push nickname".
pub const MAX_NICKNAME_CHARS: usize = 100;
/// The longest one-time do-not-disturb: seven days. Source: Easemob, "push notification mode and do-not-disturb".
pub const MAX_IGNORE_MILLIS: u64 = 7 * 86_400_000;

/// Maximum conversations that a user has settings for.
pub const MAX_CONVERSATIONS: usize = 2000;

/// How much a notification shows if nothing else decides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DisplayStyle {
    /// that there is a message; `0` in the API
    #[default]
    Simple,
    /// who wrote what; `1` in the API
    Summary,
}

impl DisplayStyle {
    /// Returns the number that the API writes.
    pub const fn number(self) -> u8 {
        match self {
            Self::Simple => 0,
            Self::Summary => 1,
        }
    }
}

/// Which messages may push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum PushMode {
    /// every message
    All,
    /// messages that mention the user
    At,
    /// none
    None,
}

impl PushMode {
    /// Returns the mode as the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::At => "AT",
            Self::None => "NONE",
        }
    }

    /// Parses the API's name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::All, Self::At, Self::None].into_iter().find(|mode| mode.name() == text)
    }
}

/// Do-not-disturb settings of a user, for the whole app or for one conversation. The daily interval applies only to the
/// whole app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Disturbance {
    /// which messages may push; `None` follows the wider level
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<PushMode>,
    /// do-not-disturb during this daily window
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<DailyWindow>,
    /// do-not-disturb until this time
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_until: Option<Timestamp>,
}

impl Disturbance {
    /// Returns whether no setting applies at `now` or later.
    pub fn says_nothing(&self, now: Timestamp) -> bool {
        self.mode.is_none() && self.interval.is_none() && self.ignore_until.is_none_or(|until| until <= now)
    }
}

/// Settings of advanced push. They apply only while the app's switch is on. Switching it off deletes them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AdvancedProfile {
    /// the app's `advanced_era` when it was set
    #[serde(default)]
    pub era: u32,
    /// for the whole app
    #[serde(default)]
    pub app: Disturbance,
    /// the template that the user chose for notifications
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateName>,
    /// whether the user ever set something for a single conversation
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub conversations: bool,
}

/// A user's own settings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Profile {
    /// the name shown to receivers of this user's messages
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nickname: Option<Nickname>,
    /// how much a notification shows
    #[serde(default)]
    pub style: DisplayStyle,
    /// the user's time zone; `None` uses the app's
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<TimeZone>,
    /// the user's language, for translations and labels
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// mode, do-not-disturb and template
    #[serde(default)]
    pub advanced: AdvancedProfile,
    /// how the user was created, if the app did
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// whether the app banned the user; a banned user gets no token
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub banned: bool,
    /// fields that a newer version stored; an older version keeps them when it changes the profile
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
    /// how often the profile was changed when it was read; a change fails if the stored number differs
    #[serde(skip)]
    pub version: u32,
}

/// A push nickname: 1 to 100 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Nickname(String);

impl Nickname {
    /// Parses a caller's text in `field`.
    pub fn parse_as(field: &str, text: &str) -> Result<Self, Invalid> {
        if text.is_empty() || text.chars().count() > MAX_NICKNAME_CHARS {
            return Err(Invalid::new(field, format!("must be 1 to {MAX_NICKNAME_CHARS} characters long")));
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A language tag such as `en` or `zh-Hans`: 2 to 35 letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Language(String);

impl Language {
    /// Parses a caller's text in `field`.
    pub fn parse_as(field: &str, text: &str) -> Result<Self, Invalid> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if (2..=35).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new(field, "must be a language tag of 2 to 35 letters, digits and hyphens"))
        }
    }

    /// Returns the tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The other side of a conversation. It is the key of a user's settings for the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Conversation {
    /// one-to-one, with this user
    User(UserId),
    /// in this group
    Group(GroupId),
}

//! What a user sets: how to be shown, and when to be disturbed.

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
/// The longest one-shot silence: seven days. Source: Easemob, "push notification mode and do-not-disturb".
pub const MAX_IGNORE_MILLIS: u64 = 7 * 86_400_000;

/// Maximum conversations that a user has settings for.
pub const MAX_CONVERSATIONS: usize = 2000;

/// How much a notification says when nothing else decides it.
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
    /// The number that the API writes.
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
    /// The mode as the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::At => "AT",
            Self::None => "NONE",
        }
    }

    /// From the API's name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::All, Self::At, Self::None].into_iter().find(|mode| mode.name() == text)
    }
}

/// What a user set for the whole app, or for one conversation, where the interval does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Disturbance {
    /// which messages may push; without it what the wider level says
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<PushMode>,
    /// silent in this daily window
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<DailyWindow>,
    /// silent until then
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_until: Option<Timestamp>,
}

impl Disturbance {
    /// Whether nothing is set that counts at `now` or later.
    pub fn says_nothing(&self, now: Timestamp) -> bool {
        self.mode.is_none() && self.interval.is_none() && self.ignore_until.is_none_or(|until| until <= now)
    }
}

/// What belongs to "advanced push". It counts only while the app's switch is on, and is gone once it was off.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AdvancedProfile {
    /// the app's `advanced_era` when it was set
    #[serde(default)]
    pub era: u32,
    /// for the whole app
    #[serde(default)]
    pub app: Disturbance,
    /// the template that the user wants notifications written by
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateName>,
    /// whether the user ever set something for a single conversation
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub conversations: bool,
}

/// A user's own settings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Profile {
    /// the name that receivers of this user's messages are shown
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nickname: Option<Nickname>,
    /// how much a notification says
    #[serde(default)]
    pub style: DisplayStyle,
    /// where the user's clock is; without it the app's zone
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<TimeZone>,
    /// the language that the user wants to read, for translations and labels
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// mode, do-not-disturb and template
    #[serde(default)]
    pub advanced: AdvancedProfile,
    /// how the user was created, if the app did
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// whether the app banned the user: nobody gets a token for a banned one
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub banned: bool,
    /// what a newer version of the code stored: kept, so that an older one that changes something else does not lose it
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
    /// how often it was changed, as it was read; a change is refused if it differs from the stored one
    #[serde(skip)]
    pub version: u32,
}

/// A push nickname: 1 to 100 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Nickname(String);

impl Nickname {
    /// From a caller's text in `field`.
    pub fn parse_as(field: &str, text: &str) -> Result<Self, Invalid> {
        if text.is_empty() || text.chars().count() > MAX_NICKNAME_CHARS {
            return Err(Invalid::new(field, format!("must be 1 to {MAX_NICKNAME_CHARS} characters long")));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A language tag such as `en` or `zh-Hans`: 2 to 35 letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Language(String);

impl Language {
    /// From a caller's text in `field`.
    pub fn parse_as(field: &str, text: &str) -> Result<Self, Invalid> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if (2..=35).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new(field, "must be a language tag of 2 to 35 letters, digits and hyphens"))
        }
    }

    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// With whom: what a user sets per conversation is kept under this.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Conversation {
    /// one-to-one, with this user
    User(UserId),
    /// in this group
    Group(GroupId),
}

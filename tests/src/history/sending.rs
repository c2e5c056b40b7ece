//! Messages, as their senders ask for them.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::domain::{
    id::{DeviceId, GroupId, NotifierName, UserId},
    instant::Strategy,
};

/// A message or an instant push.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sending {
    /// the text that no other message has
    pub text: String,
    /// who sends it
    pub from: UserId,
    /// who gets it
    pub to: Audience,
    /// a message of a chat or an instant push
    pub kind: Kind,
    /// how long it may be pushed
    pub time_to_live: Duration,
    /// whether it may push at all
    pub notification: Notification,
    /// whether it passes do-not-disturb (`em_force_notification`)
    pub forced: bool,
    /// whether it mentions every receiver (`em_at_list`)
    pub mentions: bool,
    /// the devices and notifiers that it leaves out
    pub filter: Option<PhoneFilter>,
    /// the `Idempotency-Key` of the call
    pub key: Option<String>,
}

/// Who gets a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Audience {
    /// these users, one-to-one
    Users(Vec<UserId>),
    /// all members of a group except the sender
    Group(GroupId),
    /// some members of a group
    Members {
        /// the group
        group: GroupId,
        /// the members
        users: Vec<UserId>,
    },
    /// all users of the app, by a task
    Everyone,
}

/// Whether a message belongs to a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// a message of a chat: it waits for its receiver
    Chat,
    /// an instant push
    Instant(Strategy),
}

/// Whether a message may push at all, as its sender asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Notification {
    /// it may
    Wanted,
    /// it has the type `cmd`
    Command,
    /// only connected devices get it (`ROUTE_ONLINE`); it is not stored
    OnlineOnly,
    /// the sender wants no push (`em_ignore_notification`)
    Ignored,
}

/// Devices and notifiers that a message leaves out (`em_push_filter`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PhoneFilter {
    /// devices that get no push
    pub devices: Vec<DeviceId>,
    /// notifiers that are not used
    pub notifiers: Vec<NotifierName>,
}

impl Sending {
    /// Returns a plain message of a chat, without a key.
    pub fn chat(text: &str, from: UserId, to: Audience) -> Self {
        Self {
            text: text.to_owned(),
            from,
            to,
            kind: Kind::Chat,
            time_to_live: Duration::from_secs(86_400),
            notification: Notification::Wanted,
            forced: false,
            mentions: false,
            filter: None,
            key: None,
        }
    }
}

//! An event for an app's server, as queue records and rows hold it. It holds no text of a message.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::EventKind;
use crate::domain::{
    binding::DeviceToken,
    id::{AppKey, DeviceId, GroupId, MessageId, NotifierName, UserId},
    notifier::NotifierState,
    outcome::PushStatus,
    presence::PresenceStatus,
    reason::Reason,
    receipt::Event as ReceiptEvent,
    time::Timestamp,
    vendor::Vendor,
};

/// Something that an app's server is told about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallbackEvent {
    /// when it happened
    pub at: Timestamp,
    /// what happened
    #[serde(flatten)]
    pub what: Happening,
    /// how many calls failed
    #[serde(default, skip_serializing_if = "is_zero")]
    pub tries: u32,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Happening {
    /// a push to a device ended
    Push(PushEnded),
    /// an offline receiver got no push
    Suppressed(Suppressed),
    /// a vendor, or the app itself, reported on a notification
    Receipt(Reported),
    /// a notifier was switched on or off
    Notifier(NotifierSwitched),
    /// a device token was removed because its vendor does not know it any more
    TokenRemoved(TokenRemoved),
    /// a device of a user connected or disconnected
    UserStatus(UserStatus),
}

/// The end of a push to a device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PushEnded {
    /// the receiver
    pub user: UserId,
    /// the receiver's message
    pub msg_id: MessageId,
    /// the group, of a group message
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// the device
    pub device_id: DeviceId,
    /// its token, if the push had one
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<DeviceToken>,
    /// the notifier
    pub notifier: NotifierName,
    /// its vendor, if it is known
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Vendor>,
    /// how it ended
    pub status: PushStatus,
    /// why it failed
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// the vendor's code
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// the vendor's id of the message
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_message_id: Option<String>,
    /// the vendor's raw answer, if its request was for this push alone
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Value>,
}

/// A receiver without a push.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suppressed {
    /// the receiver
    pub user: UserId,
    /// the receiver's message
    pub msg_id: MessageId,
    /// the group, of a group message
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// why
    pub reason: Reason,
}

/// A receipt or a click.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reported {
    /// the receiver
    pub user: UserId,
    /// the receiver's message
    pub msg_id: MessageId,
    /// the device
    pub device_id: DeviceId,
    /// the notifier
    pub notifier: NotifierName,
    /// its vendor, if it is known
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Vendor>,
    /// what was reported
    pub report: ReceiptEvent,
    /// the reporter's own word for it
    pub code: String,
}

/// A notifier that was switched on or off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NotifierSwitched {
    /// the notifier
    pub notifier: NotifierName,
    /// its vendor
    pub vendor: Vendor,
    /// its state now
    pub state: NotifierState,
    /// why, if the product did it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A device token that was removed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenRemoved {
    /// the user
    pub user: UserId,
    /// the device
    pub device_id: DeviceId,
    /// the removed token
    pub token: DeviceToken,
    /// the notifier
    pub notifier: NotifierName,
    /// its vendor
    pub vendor: Vendor,
}

/// A change of a device's presence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserStatus {
    /// the user
    pub user: UserId,
    /// the device
    pub device_id: DeviceId,
    /// its platform, if it reported one
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// what its gateway reported
    pub status: PresenceStatus,
}

impl CallbackEvent {
    /// Returns an event that nobody was told about yet.
    pub fn new(at: Timestamp, what: Happening) -> Self {
        Self { at, what, tries: 0 }
    }

    /// Returns the kind of the event.
    pub fn kind(&self) -> EventKind {
        match &self.what {
            Happening::Push(_) => EventKind::Push,
            Happening::Suppressed(_) => EventKind::Suppressed,
            Happening::Receipt(Reported { report: ReceiptEvent::Clicked, .. }) => EventKind::Click,
            Happening::Receipt(_) => EventKind::Receipt,
            Happening::Notifier(_) => EventKind::Notifier,
            Happening::TokenRemoved(_) => EventKind::TokenRemoved,
            Happening::UserStatus(_) => EventKind::UserStatus,
        }
    }

    /// Returns the user whom the event concerns.
    pub fn user(&self) -> Option<&UserId> {
        match &self.what {
            Happening::Push(push) => Some(&push.user),
            Happening::Suppressed(suppressed) => Some(&suppressed.user),
            Happening::Receipt(reported) => Some(&reported.user),
            Happening::Notifier(_) => None,
            Happening::TokenRemoved(removed) => Some(&removed.user),
            Happening::UserStatus(status) => Some(&status.user),
        }
    }

    /// Returns the receiver's message and its group, if the event shows the message.
    pub fn message(&self) -> Option<(&UserId, MessageId, Option<&GroupId>)> {
        match &self.what {
            Happening::Push(push) => Some((&push.user, push.msg_id, push.group.as_ref())),
            Happening::Suppressed(one) => Some((&one.user, one.msg_id, one.group.as_ref())),
            Happening::Receipt(_) | Happening::Notifier(_) | Happening::TokenRemoved(_) | Happening::UserStatus(_) => {
                None
            }
        }
    }

    /// Returns the time of the oldest thing that the event shows: of its message, or of the event itself.
    pub fn shows_since(&self) -> Timestamp {
        let msg_id = match &self.what {
            Happening::Push(push) => push.msg_id,
            Happening::Suppressed(one) => one.msg_id,
            Happening::Receipt(one) => one.msg_id,
            Happening::Notifier(_) | Happening::TokenRemoved(_) | Happening::UserStatus(_) => return self.at,
        };
        self.at.min(msg_id.accepted_at())
    }

    /// Returns a text that is the same for every try of this event, and no other event of the app has. Its hash is the
    /// `webhook-id`.
    pub fn identity(&self, app: &AppKey) -> String {
        let kind = self.kind().name();
        let rest = match &self.what {
            Happening::Push(one) => format!("{}|{}|{}|{}", one.msg_id, one.user, one.notifier, one.device_id),
            Happening::Suppressed(one) => format!("{}|{}", one.msg_id, one.user),
            Happening::Receipt(one) => {
                format!("{}|{}|{}|{}|{}", one.msg_id, one.user, one.notifier, one.report.name(), one.device_id)
            }
            Happening::Notifier(one) => format!("{}|{:?}|{}", self.at, one.state, one.notifier),
            Happening::TokenRemoved(one) => {
                format!("{}|{}|{}|{}", self.at, one.user, one.notifier, one.device_id)
            }
            // A device id may contain the separator, so it comes last.
            Happening::UserStatus(one) => format!("{}|{:?}|{}|{}", self.at, one.status, one.user, one.device_id),
        };
        format!("{app}|{kind}|{rest}")
    }
}

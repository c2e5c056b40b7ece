//! What vendors report about notifications after they accepted them.

use serde::{Deserialize, Serialize};

use super::{
    id::{DeviceId, NotifierName},
    time::Timestamp,
};

/// What a receipt says, whatever the vendor calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    /// the phone has the notification
    Delivered,
    /// the user opened it
    Clicked,
    /// the token reaches no app any more
    Unregistered,
    /// it was not shown, and will not be
    Refused,
    /// something else that the vendor reports
    #[serde(other)]
    Other,
}

impl Event {
    /// The name in stored rows, metrics and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Clicked => "clicked",
            Self::Unregistered => "condemned",
            Self::Refused => "refused",
            Self::Other => "other",
        }
    }
}

/// Maximum bytes of a vendor's word or id that are stored; what vendors send is far below it.
const MAX_WORD: usize = 128;

impl DeviceReceipt {
    /// Returns a vendor's word, cut to what is stored of it: a report comes from outside, and rows stay small.
    pub fn word(text: &str) -> String {
        text[..text.floor_char_boundary(MAX_WORD)].to_owned()
    }
}

/// A receipt as it stands beside the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceReceipt {
    /// the device
    pub device_id: DeviceId,
    /// the notifier of the push
    pub notifier: NotifierName,
    /// what was reported
    pub event: Event,
    /// the vendor's own word or number for it
    pub code: String,
    /// the vendor's own id of the message, as in the outcome of the push; `None` in rows written before it was kept
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_message_id: Option<String>,
    /// when it happened by the vendor, else when it was reported
    pub at: Timestamp,
}

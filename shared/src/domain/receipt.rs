//! Receipts: vendors' reports about notifications that they accepted.

use serde::{Deserialize, Serialize};

use super::{
    id::{DeviceId, NotifierName},
    time::Timestamp,
};

/// The event of a receipt, independent of the vendor's word for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    /// the phone received the notification
    Delivered,
    /// the user opened it
    Clicked,
    /// the token is unregistered
    Unregistered,
    /// the vendor did not show it, and will not
    Refused,
    /// another event that the vendor reports
    #[serde(other)]
    Other,
}

impl Event {
    /// Returns the name in stored rows, metrics and the API.
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

/// Maximum stored bytes of a vendor's word or id. Vendors send far fewer.
const MAX_WORD: usize = 128;

impl DeviceReceipt {
    /// Returns a vendor's word, cut to the maximum size. Reports come from outside, and rows must stay small.
    pub fn word(text: &str) -> String {
        text[..text.floor_char_boundary(MAX_WORD)].to_owned()
    }
}

/// A receipt as stored with the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceReceipt {
    /// the device
    pub device_id: DeviceId,
    /// the notifier of the push
    pub notifier: NotifierName,
    /// the reported event
    pub event: Event,
    /// the vendor's own word or number for it
    pub code: String,
    /// the vendor's own id of the message, as in the outcome of the push; `None` in rows of versions that did not store
    /// it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_message_id: Option<String>,
    /// when it happened according to the vendor, otherwise when it was reported
    pub at: Timestamp,
}

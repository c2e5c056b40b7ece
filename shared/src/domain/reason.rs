//! Reasons why a push was suppressed or failed. The API, the records, the logs and the metrics share this enum.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A stable code for every reason. Where the reference product has a code, ours is the same (Easemob, "offline push
/// callback", field `detail`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Reason {
    /// clients exchange `cmd` messages, and never show them
    #[serde(rename = "command message")]
    CommandMessage,
    /// the sender asked for delivery to connected devices only
    #[serde(rename = "online only")]
    OnlineOnly,
    /// the group has more members than the app's limit
    #[serde(rename = "large group")]
    LargeGroup,
    /// the app switched the group off, or destroyed it while the message waited
    #[serde(rename = "group disabled")]
    GroupDisabled,
    /// the sender asked for no push (`em_ignore_notification`)
    #[serde(rename = "message ignore push")]
    MessageIgnorePush,
    /// the message is older than its `push_ttl`
    #[serde(rename = "expire message")]
    ExpireMessage,
    /// the app has no such user
    #[serde(rename = "no user exist")]
    NoUserExist,
    /// the app banned the receiver
    #[serde(rename = "user banned")]
    UserBanned,
    /// the receiver acknowledged the message before the decision
    #[serde(rename = "message delivered")]
    MessageDelivered,
    /// the receiver, or under `any_offline` this device, is connected
    #[serde(rename = "user online")]
    UserOnline,
    /// under `all_offline`: another device of the receiver is connected
    #[serde(rename = "another device online")]
    AnotherDeviceOnline,
    /// an instant push for the own channel waits until the receiver connects
    #[serde(rename = "waits for login")]
    WaitsForLogin,
    /// the device was forced off and has not logged in since
    #[serde(rename = "device kicked")]
    DeviceKicked,
    /// the receiver does not want to be disturbed now
    #[serde(rename = "user ignore push")]
    UserIgnorePush,
    /// the receiver set the mode `none`, for the app or for this conversation
    #[serde(rename = "mode none")]
    ModeNone,
    /// the receiver wants mentions only, and the message does not mention them
    #[serde(rename = "not mentioned")]
    NotMentioned,
    /// the receiver bound no device token
    #[serde(rename = "no push binding")]
    NoPushBinding,
    /// the message's `em_push_filter` leaves the device out
    #[serde(rename = "ignore push device id")]
    IgnorePushDeviceId,
    /// the message's `em_push_filter` leaves the notifier out
    #[serde(rename = "notifier filtered")]
    NotifierFiltered,
    /// the device has a more recent binding that was used instead
    #[serde(rename = "another binding used")]
    AnotherBindingUsed,
    /// the app has no notifier with the name in the binding
    #[serde(rename = "no notifier exist")]
    NoNotifierExist,
    /// the notifier is disabled
    #[serde(rename = "notifier disabled")]
    NotifierDisabled,
    /// the notifier's credential cannot be decrypted, or the vendor refuses it
    #[serde(rename = "invalid notifier")]
    InvalidNotifier,
    /// the notifier's quota for this class of pushes is used up
    #[serde(rename = "quota used up")]
    QuotaUsedUp,
    /// the vendor refused the device token
    #[serde(rename = "illegal binding")]
    IllegalBinding,
    /// the vendor refused the push
    #[serde(rename = "push yet but fail")]
    PushYetButFail,
    /// while the push waited, its token was unbound, or bound by another user or device
    #[serde(rename = "token moved")]
    TokenMoved,
    /// a newer version of the product wrote a reason that this one does not know
    #[serde(other, rename = "unknown")]
    Unknown,
}

impl Reason {
    /// Every reason that this version writes, for documents and tests.
    pub const ALL: [Self; 27] = [
        Self::CommandMessage,
        Self::OnlineOnly,
        Self::LargeGroup,
        Self::GroupDisabled,
        Self::MessageIgnorePush,
        Self::ExpireMessage,
        Self::NoUserExist,
        Self::UserBanned,
        Self::MessageDelivered,
        Self::UserOnline,
        Self::AnotherDeviceOnline,
        Self::WaitsForLogin,
        Self::DeviceKicked,
        Self::UserIgnorePush,
        Self::ModeNone,
        Self::NotMentioned,
        Self::NoPushBinding,
        Self::IgnorePushDeviceId,
        Self::NotifierFiltered,
        Self::AnotherBindingUsed,
        Self::NoNotifierExist,
        Self::NotifierDisabled,
        Self::InvalidNotifier,
        Self::QuotaUsedUp,
        Self::IllegalBinding,
        Self::PushYetButFail,
        Self::TokenMoved,
    ];

    /// Returns the code as the API writes it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::CommandMessage => "command message",
            Self::OnlineOnly => "online only",
            Self::LargeGroup => "large group",
            Self::GroupDisabled => "group disabled",
            Self::MessageIgnorePush => "message ignore push",
            Self::ExpireMessage => "expire message",
            Self::NoUserExist => "no user exist",
            Self::UserBanned => "user banned",
            Self::MessageDelivered => "message delivered",
            Self::UserOnline => "user online",
            Self::AnotherDeviceOnline => "another device online",
            Self::WaitsForLogin => "waits for login",
            Self::DeviceKicked => "device kicked",
            Self::UserIgnorePush => "user ignore push",
            Self::ModeNone => "mode none",
            Self::NotMentioned => "not mentioned",
            Self::NoPushBinding => "no push binding",
            Self::IgnorePushDeviceId => "ignore push device id",
            Self::NotifierFiltered => "notifier filtered",
            Self::AnotherBindingUsed => "another binding used",
            Self::NoNotifierExist => "no notifier exist",
            Self::NotifierDisabled => "notifier disabled",
            Self::InvalidNotifier => "invalid notifier",
            Self::QuotaUsedUp => "quota used up",
            Self::IllegalBinding => "illegal binding",
            Self::PushYetButFail => "push yet but fail",
            Self::TokenMoved => "token moved",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_written_as_its_code() {
        for reason in Reason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.code());
        }
    }
}

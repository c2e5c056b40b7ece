//! What a client asks of the API: an app's server, a phone, a gateway or an operator.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::domain::{
    app::MultiDevicePolicy,
    id::{DeviceId, GroupId, MessageId, NotifierName, UserId},
    presence::PresenceStatus,
    profile::PushMode,
    time::Timestamp,
    vendor::Vendor,
};

use super::{ConnectionName, Sending};

/// What a call asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Request {
    // ---- the app ----
    /// creates the app
    CreateApp,
    /// deletes the app
    DeleteApp,
    /// changes a setting of the app
    ChangeApp(AppChange),
    /// creates or changes a notifier
    PutNotifier {
        /// its name
        notifier: NotifierName,
        /// its vendor
        vendor: Vendor,
        /// whether it may be used
        enabled: bool,
        /// whether its credential is entered, as the vendor's console has it then
        #[serde(default)]
        credential: bool,
    },
    /// deletes a notifier
    DeleteNotifier {
        /// its name
        notifier: NotifierName,
    },
    /// sends a test push to a device token
    TestNotifier {
        /// the notifier
        notifier: NotifierName,
        /// the device token
        token: String,
    },

    // ---- users and their devices ----
    /// makes a user known
    CreateUser {
        /// the user
        user: UserId,
    },
    /// erases a user
    EraseUser {
        /// the user
        user: UserId,
    },
    /// bans a user, or ends the ban
    Ban {
        /// the user
        user: UserId,
        /// whether the ban begins
        banned: bool,
    },
    /// binds a device token
    Bind {
        /// whose device
        user: UserId,
        /// the device
        device: DeviceId,
        /// through which notifier
        notifier: NotifierName,
        /// the device token
        token: String,
    },
    /// unbinds what the device has for this notifier
    Unbind {
        /// whose device
        user: UserId,
        /// the device
        device: DeviceId,
        /// the notifier
        notifier: NotifierName,
    },
    /// logs a device out
    LogOut {
        /// whose device
        user: UserId,
        /// the device
        device: DeviceId,
        /// whether its bindings go
        unbind: bool,
    },
    /// forces a device off
    Kick {
        /// whose device
        user: UserId,
        /// the device
        device: DeviceId,
    },
    /// reports a presence event
    Presence(PresenceReport),
    /// renews the lease of a gateway
    RenewGateway {
        /// the gateway
        gateway: String,
        /// how long the lease lasts
        lease: Duration,
    },
    /// opens a connection to Curlew. Accepted means that the handshake succeeded
    Connect {
        /// whose device
        user: UserId,
        /// the device
        device: DeviceId,
        /// the connection
        connection: ConnectionName,
    },
    /// a user sets what may disturb
    Wish {
        /// the user
        user: UserId,
        /// what the user sets
        wish: Wish,
    },

    // ---- groups ----
    /// creates a group
    CreateGroup {
        /// the group
        group: GroupId,
        /// its members, the owner included
        members: Vec<UserId>,
    },
    /// removes a group
    DeleteGroup {
        /// the group
        group: GroupId,
    },
    /// switches a group off, or on again
    SwitchGroup {
        /// the group
        group: GroupId,
        /// whether it pushes
        enabled: bool,
    },
    /// adds members
    Join {
        /// the group
        group: GroupId,
        /// who joins
        users: Vec<UserId>,
    },
    /// removes members
    Leave {
        /// the group
        group: GroupId,
        /// who leaves
        users: Vec<UserId>,
    },

    // ---- messages ----
    /// sends a message or an instant push. A repeat under the same key has the same text
    Send(Sending),
    /// pauses or cancels the task that this text names
    StopTask {
        /// the text of the task's push
        text: String,
    },
    /// takes a message back
    Recall {
        /// its ids
        messages: Vec<MessageId>,
    },
    /// acknowledges messages. Over a connection there is no answer
    Ack {
        /// who
        user: UserId,
        /// which messages
        messages: Vec<MessageId>,
        /// the connection that carries it; otherwise it is a call
        connection: Option<ConnectionName>,
    },
    /// acknowledges everything that waits up to a message
    AckUpTo {
        /// who
        user: UserId,
        /// up to which message
        message: MessageId,
        /// the connection that carries it; otherwise it is a call
        connection: Option<ConnectionName>,
    },
    /// asks what waits, from the beginning, page by page to the end. All pages together are one call
    Pull {
        /// whose messages
        user: UserId,
    },
    /// asks how many messages wait
    Count {
        /// whose messages
        user: UserId,
    },
}

/// A change of one setting of an app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum AppChange {
    /// which devices must be offline for a push
    MultiDevicePolicy(MultiDevicePolicy),
    /// how many members a group may have to be pushed to
    LargeGroupLimit(u32),
    /// whether mode, do-not-disturb and templates apply
    AdvancedPush(bool),
    /// how many bindings a user may have
    MaxBindings(u16),
    /// how many devices a user may have with presence
    MaxDevices(u16),
    /// how long a device stays online without a heartbeat
    PresenceLease(Duration),
    /// whether notifications go when their message is read elsewhere
    ClearWhenRead(bool),
    /// whether the app's own server is told of pushes, with any secret
    Callback(bool),
    /// a setting that decides nothing of what is checked
    Other(String),
}

/// A presence event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PresenceReport {
    /// whose device
    pub user: UserId,
    /// the device
    pub device: DeviceId,
    /// the session
    pub session: String,
    /// what happened
    pub status: PresenceStatus,
    /// when, by the gateway's clock
    pub at: Timestamp,
    /// the gateway whose lease keeps the device online
    pub gateway: Option<String>,
}

/// What a user sets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Wish {
    /// which messages may push, for the whole app or for one conversation
    Mode {
        /// the other user's or the group's name; otherwise the whole app
        conversation: Option<String>,
        /// the mode
        mode: PushMode,
    },
    /// no push for a while or during a daily interval; `active: false` ends it
    Quiet {
        /// the other user's or the group's name; otherwise the whole app
        conversation: Option<String>,
        /// whether it begins
        active: bool,
    },
    /// a setting that ends no decision: nickname, style, zone, language, template
    Other(String),
}

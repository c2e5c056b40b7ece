//! A story as data: what people, servers and operators do, and what goes wrong meanwhile.
//!
//! Each step and each trouble can be removed without changing the others. So a story that fails can be shrunk, and kept
//! as a file.

use serde::{Deserialize, Serialize};

use super::operators::Change;

/// How many apps a story has.
pub const APPS: u8 = 2;
/// How many users an app has.
pub const USERS: u8 = 5;
/// How many groups an app has.
pub const GROUPS: u8 = 2;
/// The devices of a user.
pub const DEVICES: [&str; 2] = ["phone", "tablet"];

/// What happens in one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Story {
    /// the seed of everything that the steps do not say
    pub seed: u64,
    /// the vendors' interfaces of each app's notifiers, by their place in the simulators' list
    pub interfaces: Vec<usize>,
    /// whether the first app's server is told of pushes from the beginning
    #[serde(default)]
    pub told: bool,
    /// what happens, in order
    pub steps: Vec<Step>,
    /// what goes wrong
    pub troubles: Vec<Trouble>,
}

/// Something that somebody does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// its number, which names what it sends
    pub number: usize,
    /// milliseconds after the step before began, or ended if that one does not overlap
    pub after: u64,
    /// whether the next step may begin before this one ends
    pub overlaps: bool,
    /// what is done
    pub action: Action,
}

/// A user of an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Who {
    /// the app's number
    pub app: u8,
    /// the user's number
    pub user: u8,
}

/// What somebody does. Devices, phones, groups and notifiers have numbers; a phone is a device token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Action {
    /// a device binds a phone's token
    Bind { who: Who, device: u8, phone: u8 },
    /// a device unbinds what it has for a phone's notifier
    Unbind { who: Who, device: u8, phone: u8 },
    /// a device logs out
    LogOut { who: Who, device: u8, unbind: bool },
    /// the app's server forces a user's devices off
    Kick { who: Who, device: u8 },
    /// the app's server erases a user
    Erase { who: Who },
    /// the app's server bans a user, or ends the ban
    Ban { who: Who, banned: bool },
    /// a gateway reports that a device connected or disconnected
    Report { who: Who, device: u8, online: bool },
    /// a gateway's report arrives that happened so many milliseconds before
    ReportLate { who: Who, device: u8, online: bool, late: u64 },
    /// a device connects to Curlew
    Connect { who: Who, device: u8, acks: bool },
    /// a device's connection ends, with a close frame or without
    Disconnect { who: Who, device: u8, clean: bool },
    /// a user asks what waits, and acknowledges it or not
    Pull { who: Who, acks: bool },
    /// a user asks what waits, and acknowledges one of the messages, or all up to it
    AckOne { who: Who, place: u8, up_to: bool },
    /// a user asks how many messages wait
    Count { who: Who },
    /// a user wants no pushes, or wants them again
    Mode { who: Who, none: bool },
    /// a user wants quiet for an hour, or ends it
    Quiet { who: Who, active: bool },
    /// a user joins a group
    Join { who: Who, group: u8 },
    /// a user leaves a group
    Leave { who: Who, group: u8 },
    /// a user sends a message to users
    Send { from: Who, to: Vec<u8>, key: bool, seconds: Option<u64>, silent: bool },
    /// a user sends a message to a group
    SendToGroup { from: Who, group: u8, key: bool },
    /// the app's server pushes to a user, and waits for the vendor or not
    Push { who: Who, strategy: u8, waits: bool, key: bool },
    /// the app's server takes back what a step sent
    Recall { step: usize },
    /// an operator disables a notifier, or enables it again
    Switch { app: u8, interface: usize, enabled: bool },
    /// somebody removes the app from a phone: its token becomes unregistered
    Uninstall { app: u8, phone: u8 },
    /// somebody installs the app again: the phone's token works again
    Install { app: u8, phone: u8 },
    /// a vendor reports of a push to a phone, counted back from the last one, and perhaps once more so many milliseconds
    /// later: that it was delivered, or that the token is unregistered
    Receipt { app: u8, phone: u8, back: u8, unregistered: bool, again: Option<u64> },
    /// an operator changes something of an app
    Change { app: u8, change: Change },
    /// a gateway renews its lease for so many seconds
    Renew { app: u8, gateway: u8, seconds: u64 },
    /// a gateway with a lease reports that a device connected or disconnected
    ReportBy { who: Who, device: u8, gateway: u8, online: bool },
    /// the app's server pushes to all users
    Task { app: u8, strategy: u8, key: bool },
    /// something puts a record into a queue that no version can read
    Malformed { queue: String, kind: u8 },
    /// nothing happens
    Wait,
}

/// Something that goes wrong for a while.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trouble {
    /// milliseconds after the story began
    pub from: u64,
    /// how many milliseconds it lasts
    pub lasts: u64,
    /// what it is
    pub kind: TroubleKind,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum TroubleKind {
    /// calls of a service
    Calls { of: Service, how: How, percent: u8 },
    /// a process of a function dies at its n-th call, before the call or after its effect
    Death { of: Function, at: u32, late: bool },
    /// records of a queue
    Records { of: Queue, how: RecordTrouble, percent: u8 },
    /// requests to the vendor of an interface
    Vendor { interface: usize, how: VendorTrouble, percent: u8 },
    /// calls of an app's own server
    Server { app: u8, how: ServerTrouble, percent: u8 },
}

/// How calls of a service go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    /// it throttles
    Throttles,
    /// it fails without effect
    Fails,
    /// it does what is asked, and the answer is lost
    LosesAnswers,
    /// it answers up to so many milliseconds late
    Slow(u32),
}

/// How records of a queue go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordTrouble {
    /// a record is delivered twice
    Doubled,
    /// a record comes up to so many milliseconds late, and so after later ones
    Late(u32),
    /// a deletion is lost: the record is delivered again
    KeptAfterDelete,
    /// an earlier version writes it; this is its place among the versions
    OfEarlier(u8),
    /// a later version writes it, with names of its own
    OfLater,
    /// a later version writes it in a form that only that version reads
    InLaterForm,
}

/// How requests to a vendor go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum VendorTrouble {
    /// it limits the rate, and asks to wait so many seconds
    Limits(Option<u32>),
    /// it is unavailable
    Down,
    /// it has an internal error
    InternalError,
    /// it takes the push and does not answer
    TakesSilently,
    /// it does nothing, and does not answer
    Silent,
    /// it refuses the credential
    RefusesCredential,
    /// the quota is used up
    QuotaUsedUp,
    /// it refuses with a code whose cause may be a token or the credential
    Refuses,
    /// it answers nonsense
    Nonsense,
    /// it takes the push and closes the connection
    ClosesAfterEffect,
}

/// How calls of an app's own server go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServerTrouble {
    /// it answers an error
    Fails,
    /// it does nothing, and does not answer
    Hangs,
    /// it takes the event and does not answer
    TakesSilently,
    /// it answers up to so many milliseconds late
    Slow(u32),
    /// it asks to wait so many seconds
    Busy(u32),
}

/// A service that functions call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Service {
    Apps,
    Users,
    Messages,
    Groups,
    Labels,
    Runtime,
    Erasures,
    Queue(Queue),
    Connections,
    Key,
    Secrets,
    PushFunctions,
    Vendors,
    /// the apps' own servers
    Servers,
}

/// A queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Queue {
    Dispatch,
    Direct,
    Erase,
    Callback,
    /// every vendor's queue
    Push,
    /// every dead-letter queue
    DeadLetters,
}

impl Queue {
    /// Returns the queue's name. Queues of one kind share it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dispatch => "dispatch",
            Self::Direct => "direct",
            Self::Erase => "erase",
            Self::Callback => "callback",
            Self::Push => "push",
            Self::DeadLetters => "dead-letters",
        }
    }
}

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Function {
    ManageApp,
    RegisterToken,
    ConfigureUser,
    HandleReceipt,
    ReportPresence,
    ExplainPush,
    IngestMessage,
    CheckPresence,
    HoldConnection,
    EraseData,
    DeliverCallback,
    RunSchedule,
    PushVendor,
}

impl Function {
    /// Returns the function's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ManageApp => "manage-app",
            Self::RegisterToken => "register-token",
            Self::ConfigureUser => "configure-user",
            Self::HandleReceipt => "handle-receipt",
            Self::ReportPresence => "report-presence",
            Self::ExplainPush => "explain-push",
            Self::IngestMessage => "ingest-message",
            Self::CheckPresence => "check-presence",
            Self::HoldConnection => "hold-connection",
            Self::EraseData => "erase-data",
            Self::DeliverCallback => "deliver-callback",
            Self::RunSchedule => "run-schedule",
            Self::PushVendor => "push-vendor",
        }
    }
}

//! The history of a run, as an observer outside of the product saw it.
//!
//! The simulation and the deployed stack record the same events. A recorder adds an event when it happens, so their
//! order is the order of time. Of events at the same moment, a call's `Asked` comes before what it did, and its
//! `Answered` after that. What only the end of a run shows comes last: decisions, dead letters, what is left, rows.
//!
//! Each message of a run has a text that no other message has and that is no part of another text. Its title and content
//! contain that text. So a text names its message, wherever it appears. Each phone has a device token that no other phone has, but a phone may bind
//! it as any user.

mod answer;
mod check;
mod ending;
mod fault;
mod request;
mod sending;
mod vendor;

use serde::{Deserialize, Serialize};
use shared::domain::{
    id::{AppKey, DeviceId, MessageId, NotifierName, UserId},
    time::Timestamp,
};

pub use self::{
    answer::{Answer, Seen},
    check::{Violation, check},
    ending::{DeadLetter, Decided, DecidedDevice, DeviceEnd, StoredBinding},
    fault::{FaultScope, Planted},
    request::{AppChange, PresenceReport, Request, Wish},
    sending::{Audience, Kind, Notification, PhoneFilter, Sending},
    vendor::{Receipt, VendorAnswer, VendorGot},
};

/// What an observer saw of one run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// the events, in the order of time
    pub events: Vec<Event>,
}

/// One event and its time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// when it happened, or when it was seen
    pub at: Timestamp,
    /// what happened
    pub what: What,
}

/// Joins a call's question with its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallId(pub u64);

/// Name of a connection to Curlew. Each connection of a run has its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionName(pub String);

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum What {
    // ---- calls: each is an interval between two events ----
    /// a call of the API begins, or a client writes a frame
    Asked {
        /// the call
        call: CallId,
        /// the app that is called
        app: AppKey,
        /// what is asked
        request: Request,
    },
    /// the call ends. A call without this event counts as [`Answer::Unknown`]
    Answered {
        /// the call
        call: CallId,
        /// its answer
        answer: Answer,
    },

    // ---- what reached people, vendors and servers ----
    /// a vendor got a push, or a revocation, for one device token. A request for several tokens is several events
    VendorGot(VendorGot),
    /// the secret of a notifier's account is replaced in the vendor's console, which refuses the old one from now on
    SecretReplaced {
        /// whose notifier
        app: AppKey,
        /// the notifier
        notifier: NotifierName,
    },
    /// a vendor reported something of a device token to Curlew; the event's time is when the report began
    Receipt(Receipt),
    /// a connection got a message
    Frame {
        /// the connection's app
        app: AppKey,
        /// its user
        user: UserId,
        /// its device
        device: DeviceId,
        /// which connection
        connection: ConnectionName,
        /// the message
        message: Seen,
    },
    /// a connection ended; the client, the network or Curlew closed it. Curlew may learn of it later
    Disconnected {
        /// which connection
        connection: ConnectionName,
    },
    /// the app's own server got an event
    Callback {
        /// whose server
        app: AppKey,
        /// about whom
        user: UserId,
        /// about which message
        message: MessageId,
        /// the name of the event, which repeats share
        webhook_id: String,
        /// the body
        body: String,
    },
    /// text that left the product to where logs go: a log line, a metric, an error answer
    Output {
        /// where it was found
        place: String,
        /// the text
        text: String,
    },
    /// a secret exists that no output may contain: a key, a credential, an access token
    Secret {
        /// what kind of secret
        kind: String,
        /// the secret
        text: String,
    },

    // ---- what the run did to the product ----
    /// something begins to fail, to be slow, or to be overloaded
    FaultBegan {
        /// what
        scope: FaultScope,
    },
    /// it works again
    FaultEnded {
        /// what
        scope: FaultScope,
    },
    /// a process died, or all processes of a function
    Killed {
        /// the function
        function: String,
    },
    /// from now on another version of a function runs, perhaps beside the present one
    Deployed {
        /// the function
        function: String,
        /// the version
        version: String,
    },
    /// the run put a record into a queue
    Planted(Planted),
    /// no fault follows, and no call
    FaultsEnded,

    // ---- what the end of the run shows ----
    /// a decision that the API shows at the end, or that was seen to be made. The last one of a receiver's message counts
    Decided(Decided),
    /// a record was dead-lettered
    DeadLettered(DeadLetter),
    /// what a queue, but no dead-letter queue, holds after the work is done
    Left {
        /// the queue
        queue: String,
        /// how many, in flight and delayed ones included
        records: u64,
    },
    /// what the app's statistics count at the end
    Counted {
        /// the app
        app: AppKey,
        /// pushes of which a vendor reported that they reached the phone
        delivered: u64,
    },
    /// a binding that is stored at the end
    Bound(StoredBinding),
    /// every binding of the app was listed by `Bound`
    BindingsListed {
        /// the app
        app: AppKey,
    },
}

impl History {
    /// Adds an event.
    pub fn add(&mut self, at: Timestamp, what: What) {
        self.events.push(Event { at, what });
    }
}

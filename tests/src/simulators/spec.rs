//! What a simulator says about itself, so that tests, demo and measurements need no list of vendors.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::engine::{FaultRule, NewCredential, Recorded, VendorSimulator};

/// A simulated vendor: each folder of a vendor exports one as `SIMULATOR`.
pub struct Spec {
    /// Judges the requests.
    pub judge: &'static dyn VendorSimulator,
    /// The vendor's name for a reader.
    pub title: &'static str,
    /// A phone that this vendor reaches.
    pub phone: &'static str,
    /// Its push interfaces, the usual one first.
    pub interfaces: &'static [Interface],
    /// `None` for a vendor without access tokens.
    pub access_tokens: Option<AccessTokens>,
    pub limits: Limits,
    /// Whether a push that is sent again reaches the phone again, to replace what it shows.
    pub delivers_repeats: bool,
    pub faults: Faults,
    /// `None` for a vendor that reports nothing later.
    pub receipts: Option<Receipts>,
}

impl Spec {
    /// The first segment of the vendor's paths, and its name in both APIs.
    pub fn name(&self) -> &'static str {
        self.judge.name()
    }

    /// The interface that tests use which need only one.
    pub fn interface(&self) -> &'static Interface {
        &self.interfaces[0]
    }
}

impl fmt::Debug for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A push interface: it has credentials and device tokens of its own form.
pub struct Interface {
    /// Name of its notifier in tests, as operators name them: usually the vendor's id of the app.
    pub notifier: &'static str,
    /// The account that every simulator is started with.
    pub account: fn() -> Account,
    /// Another account.
    pub new_account: fn(&Identity) -> Account,
    /// A device token in the vendor's form that was never used.
    pub device_token: fn() -> String,
    /// A device token that follows from a text of letters and digits, and shows it where the form allows.
    pub device_token_of: fn(text: &str) -> String,
    /// Options that change its requests, of the notifier and in the `ext` of a message.
    pub options: fn() -> Options,
    /// `None` where the phone counts by itself.
    pub badge: Option<Badge>,
}

/// Both sides of an account at a vendor.
#[derive(Clone, Debug)]
pub struct Account {
    /// What the product is given.
    pub record: Value,
    /// What the vendor knows.
    pub known: Value,
    /// What no log may show.
    pub secret: String,
}

impl Account {
    pub fn new(record: Value, known: &impl Serialize, secret: &str) -> Self {
        let known = serde_json::to_value(known).expect("credentials are plain data");
        Self { record, known, secret: secret.to_owned() }
    }

    /// Sets the same values on both sides.
    #[must_use]
    pub fn with(mut self, values: &Value) -> Self {
        for (name, value) in values.as_object().into_iter().flatten() {
            self.record[name] = value.clone();
            self.known[name] = value.clone();
        }
        self
    }

    /// What a test registers at the vendor of this name.
    pub fn credential(&self, vendor: &str) -> NewCredential {
        NewCredential::new(vendor, self.known.clone())
    }
}

/// What makes an account differ from all others.
#[derive(Clone, Debug)]
pub struct Identity {
    /// At most 15 digits.
    pub number: u64,
    /// 16 small letters and digits.
    pub name: String,
    pub secret: String,
}

impl Identity {
    /// The number in a form that all accounts share.
    pub fn digits(&self) -> String {
        format!("{:015}", self.number)
    }
}

/// Options of a notifier, and of a message in its `ext`.
#[derive(Clone, Debug)]
pub struct Options {
    pub notifier: Value,
    pub message: Value,
}

/// How a request asks for a badge that grows by one.
pub struct Badge {
    /// Options of a notifier whose requests ask for it in these words.
    pub options: fn() -> Value,
    /// What the request says.
    pub request: &'static str,
    /// Options of a notifier that leaves the badge alone. `None` if only the app can want none.
    pub off: Option<fn() -> Value>,
}

/// The access tokens that a vendor exchanges for credentials.
pub struct AccessTokens {
    /// JSON pointer to the access token in the answer.
    pub answered_at: &'static str,
    /// The access token of a push; empty if it has none.
    pub sent: fn(&Recorded) -> String,
    /// The vendor calls the access token of the next push expired.
    pub expired: fn() -> FaultRule,
}

/// Upper limits of one request.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Device tokens that share a notification.
    pub max_tokens: usize,
    /// Device tokens with a notification each; `None` if a request takes one notification only.
    pub max_merged: Option<usize>,
}

/// What a vendor answers when something is wrong. Faults that all vendors share are those of
/// [`Fault`](super::Fault).
pub struct Faults {
    pub unregistered: Unregistered,
    /// Too many requests, without a word on when to go on.
    pub throttled: fn() -> FaultRule,
    /// What the vendor's documents ask a throttled sender to do.
    pub rest: Rest,
    /// A failure inside the vendor.
    pub unavailable: fn() -> FaultRule,
    /// The secret or key was changed in the vendor's console.
    pub credential_refused: fn() -> FaultRule,
    /// The quota of the day is used up. `None` for a vendor that has no word for it.
    pub quota_used_up: Option<fn() -> FaultRule>,
    /// A code for a whole request that a device token may cause, or a credential. `None` for a vendor that has none.
    pub ambiguous_refusal: Option<&'static str>,
}

/// The words of an answer that names an unregistered token.
pub struct Unregistered {
    /// When the token is alone in its request.
    pub alone: &'static str,
    /// When it is one of several.
    pub among_others: &'static str,
}

/// How long to wait for a vendor that throttles and does not say for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    Seconds,
    Minute,
}

/// What a vendor reports of a push later.
pub struct Receipts {
    pub address: ReportAddress,
    /// Whether it reports that a token is unregistered.
    pub unregistered: bool,
    /// The shortest report of a push that its documents allow.
    pub report: fn(&Reported<'_>) -> Value,
}

/// Where a vendor learns the address that it reports to.
#[derive(Clone, Copy)]
pub enum ReportAddress {
    /// In its console.
    Console,
    /// In each push.
    Push,
    /// In each push, which may name only an address that its console holds.
    Both {
        /// Enters the address in the console, and a secret that proves a report on both sides.
        register: fn(&mut Account, address: &str, secret: &str),
    },
}

/// What is reported.
pub struct Reported<'a> {
    /// The product's id of the message.
    pub message_id: &'a str,
    pub device_token: &'a str,
    /// The token is unregistered; else the push was delivered.
    pub unregistered: bool,
}

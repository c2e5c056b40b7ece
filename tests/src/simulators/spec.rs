//! The facts of each simulator, so that tests, demo and measurements need no list of vendors.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use super::engine::{FaultRule, NewCredential, Recorded, VendorSimulator};

/// A simulated vendor. Each vendor's folder exports one as `SIMULATOR`.
pub struct Spec {
    /// Judges the requests.
    pub judge: &'static dyn VendorSimulator,
    /// The vendor's display name.
    pub title: &'static str,
    /// A phone that this vendor reaches.
    pub phone: &'static str,
    /// Its push interfaces. The first is the usual one.
    pub interfaces: &'static [Interface],
    /// `None` for a vendor without access tokens.
    pub access_tokens: Option<AccessTokens>,
    /// The limits of one request.
    pub limits: Limits,
    /// Whether a repeated push reaches the phone again and replaces what it shows.
    pub delivers_repeats: bool,
    /// The vendor's answers to failures.
    pub faults: Faults,
    /// The receipts of the vendor. `None` if it reports nothing after a push.
    pub receipts: Option<Receipts>,
}

impl Spec {
    /// Returns the vendor's name in both APIs. It is also the first segment of the vendor's paths.
    pub fn name(&self) -> &'static str {
        self.judge.name()
    }

    /// Returns the usual interface, for tests that need only one.
    pub fn interface(&self) -> &'static Interface {
        &self.interfaces[0]
    }
}

impl fmt::Debug for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A push interface, with its own form of credentials and device tokens.
pub struct Interface {
    /// Name of its notifier in tests. Operators usually use the vendor's id of the app.
    pub notifier: &'static str,
    /// Returns the account that every simulator starts with.
    pub account: fn() -> Account,
    /// Returns another account.
    pub new_account: fn(&Identity) -> Account,
    /// Returns an account after its owner replaced the secret in the vendor's console. A key is replaced by the other test
    /// key, under this id.
    pub with_secret: fn(&Account, secret: &str) -> Account,
    /// Returns an unused device token in the vendor's form.
    pub device_token: fn() -> String,
    /// Returns a device token that is derived from letters and digits. It contains them if the form allows.
    pub device_token_of: fn(text: &str) -> String,
    /// Returns options that change its requests: of the notifier, and in a message's `ext`.
    pub options: fn() -> Options,
    /// How a request asks for a badge. `None` if the phone counts by itself.
    pub badge: Option<Badge>,
}

/// An account at a vendor: the operator's side and the vendor's side.
#[derive(Clone, Debug)]
pub struct Account {
    /// The credential that an operator enters.
    pub record: Value,
    /// What the vendor knows.
    pub known: Value,
    /// The part that no log may show.
    pub secret: String,
}

impl Account {
    /// Returns an account from the credential, the vendor's side, and the secret part.
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

    /// Returns the account with another secret, which both sides know under this name.
    #[must_use]
    pub fn with_secret(&self, name: &str, secret: &str) -> Self {
        Self { secret: secret.to_owned(), ..self.clone() }.with(&json!({name: secret}))
    }

    /// Returns the registration for the vendor of this name.
    pub fn credential(&self, vendor: &str) -> NewCredential {
        NewCredential::new(vendor, self.known.clone())
    }
}

/// The values that make an account differ from all others.
#[derive(Clone, Debug)]
pub struct Identity {
    /// A number of at most 15 digits.
    pub number: u64,
    /// A name of 16 small letters and digits.
    pub name: String,
    /// The secret part of the account.
    pub secret: String,
}

impl Identity {
    /// Returns the number as 15 digits, so that all accounts have the same form.
    pub fn digits(&self) -> String {
        format!("{:015}", self.number)
    }
}

/// Options of a notifier, and options in a message's `ext`.
#[derive(Clone, Debug)]
pub struct Options {
    /// Options of the notifier.
    pub notifier: Value,
    /// Options in the message's `ext`.
    pub message: Value,
}

/// How a request asks for a badge that grows by one.
pub struct Badge {
    /// Returns options of a notifier whose requests ask for it in these words.
    pub options: fn() -> Value,
    /// The words in the request.
    pub request: &'static str,
    /// Returns options of a notifier that leaves the badge alone. `None` if only the app can switch it off.
    pub off: Option<fn() -> Value>,
}

/// The access tokens that a vendor issues for credentials.
pub struct AccessTokens {
    /// JSON pointer to the access token in the answer.
    pub answered_at: &'static str,
    /// Returns the access token of a push; empty if it has none.
    pub sent: fn(&Recorded) -> String,
    /// Refuses the access token of the next push as expired.
    pub expired: fn() -> FaultRule,
}

/// Maximum device tokens of one request.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Device tokens that share a notification.
    pub max_tokens: usize,
    /// Device tokens with a notification each. `None` if a request has only one notification.
    pub max_merged: Option<usize>,
}

/// The vendor's answers to failures. Faults that all vendors share are in [`Fault`](super::Fault).
pub struct Faults {
    /// The answers that name an unregistered token.
    pub unregistered: Unregistered,
    /// Throttles the sender without a `Retry-After`.
    pub throttled: fn() -> FaultRule,
    /// How long the vendor's documents ask a throttled sender to wait.
    pub rest: Rest,
    /// Answers with the vendor's internal error.
    pub unavailable: fn() -> FaultRule,
    /// Refuses the credential, as after a change of the secret or key in the vendor's console.
    pub credential_refused: fn() -> FaultRule,
    /// Says that the quota of the day is used up. `None` for a vendor without such a code.
    pub quota_used_up: Option<fn() -> FaultRule>,
    /// A code for a whole request whose cause may be a device token or the credential. `None` for a vendor without such
    /// a code.
    pub ambiguous_refusal: Option<&'static str>,
}

/// The detail of an answer that names an unregistered token.
pub struct Unregistered {
    /// The detail when the token is alone in its request.
    pub alone: &'static str,
    /// The detail when the token is one of several.
    pub among_others: &'static str,
}

/// How long to wait for a vendor that throttles without a `Retry-After`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Some seconds.
    Seconds,
    /// A minute.
    Minute,
}

/// The receipts of a vendor.
pub struct Receipts {
    /// Where the vendor gets the address.
    pub address: ReportAddress,
    /// Whether the vendor reports an unregistered token.
    pub unregistered: bool,
    /// Returns the shortest report of a push that the vendor's documents allow.
    pub report: fn(&Reported<'_>) -> Value,
}

/// Where a vendor gets the address for its reports.
#[derive(Clone, Copy)]
pub enum ReportAddress {
    /// From its console.
    Console,
    /// From each push.
    Push,
    /// From each push, which may name only an address in its console.
    Both {
        /// Enters the address in the console, and a secret that proves a report on both sides.
        register: fn(&mut Account, address: &str, secret: &str),
    },
}

/// A push that is reported.
pub struct Reported<'a> {
    /// Curlew's id of the message.
    pub message_id: &'a str,
    /// The device token.
    pub device_token: &'a str,
    /// Whether the token is unregistered. Otherwise the push was delivered.
    pub unregistered: bool,
}

//! Simulators of the phone vendors: one process that answers as the vendors do, plays faults on demand, and shows what
//! reached the phones.
//!
//! Every vendor has a path of its own, `{base}/{vendor}`, with its own paths below. One port serves HTTP/1.1, and
//! HTTP/2 with prior knowledge; with TLS, both by ALPN. The vendors share the [`engine`], which knows none of them. The
//! simulators use nothing of the product except its list of vendors and the trait that [`InProcess`] implements, so they
//! judge it independently. A vendor's [`Spec`] has its facts;
//! [`SIMULATORS`] lists them.
//!
//! In a test, use [`Simulators::start`], then the operations of [`Control`]. Across processes, use the binary
//! `vendor-simulators` and a [`SimulatorClient`], which has the same operations. In a simulation, use [`InProcess`]: no
//! sockets, no threads, a clock of the test and a seed.
//!
//! # Control interface
//!
//! JSON under `{base}/_sim`. Errors have status 400 and `{"error": ".."}`.
//!
//! | call | does |
//! |---|---|
//! | `GET /health` | `{"vendors": [..]}` |
//! | `GET /requests?vendor&endpoint&token&text&after&at_least&wait_ms` | recorded requests, oldest first; waits up to `wait_ms` until there are `at_least` |
//! | `GET /deliveries?` with the same parameters | what reached phones, oldest first |
//! | `GET /device?vendor&token` | one phone: its notification shade, data messages, total of deliveries |
//! | `GET /devices?vendor` | all phones that are registered or were reached |
//! | `GET /counts` | totals per vendor |
//! | `GET /ca.pem` | the certificate authority of the simulators' TLS |
//! | `GET /test-accounts` | an account of every vendor, as an operator enters it |
//! | `GET /device-token?vendor&text` | `{"token"}`: one in the vendor's form, derived from a text of letters and digits |
//! | `POST /credentials` `{"vendor","record",("token_lifetime_seconds")}` | registers what the vendor knows of an account: `{"id"}` |
//! | `DELETE /credentials?vendor&id` | removes it |
//! | `POST /devices` `{"devices":[{"vendor","token",("state":"live\|unregistered"),("owner")}]}` | registers device tokens |
//! | `POST /unknown-tokens` `{"vendor","are":"live\|unregistered"}` | sets the state of tokens that nobody registered; `live` by default |
//! | `GET /faults`, `POST /faults` `{"rules":[FaultRule]}`, `DELETE /faults?vendor` | rules still to be played; adds; clears |
//! | `POST /expire-tokens` `{("vendor")}` | ends all access tokens: `{"expired"}` |
//! | `POST /receipts` `{"vendor","token","event":"delivered\|unregistered","to",("secret")}` | the vendor reports of the last push to that phone, to an address on 127.0.0.1, of which the path is the one that the push named: `{"status"}` |
//! | `POST /reset` `{("parts":[..])}` | clears [`Part`]s, by default all |
//!
//! A rule is `{"vendor", "endpoint"?: "token|send", "match_token"?, "times"?: 1, "skip"?: 0,
//! "delay_ms"?: 0, "delivered"?: false, "means"?, "fault": {"kind": ..}}`; kinds are those of [`Fault`].

pub mod chaos;
mod client;
mod control;
pub mod engine;
mod in_process;
mod server;
mod spec;
mod test_key;
#[cfg(test)]
mod testing;

use serde_json::{Map, Value};
use shared::domain::vendor::Vendor;

pub use client::{ClientError, SimulatorClient, plain_http};
pub use control::{Control, Refused};
use engine::VendorSimulator;
pub use engine::{
    Answered, Counts, Credential, Delivery, DeliveryKind, Device, DeviceState, DeviceView, Endpoint, Fault, FaultRule,
    Filter, Meaning, NewCredential, Notice, Observer, Part, ReceiptEvent, ReceiptOrder, Recorded, Report, Shown,
    TargetResult, UnknownTokens, VendorCounts,
};
pub use in_process::InProcess;
pub use server::Simulators;
pub use spec::{
    AccessTokens, Account, Badge, Faults, Identity, Interface, Limits, Options, Receipts, ReportAddress, Reported,
    Rest, Spec, Unregistered,
};

/// Declares the vendors' modules, and the list of their simulators.
macro_rules! register {
    ($($(#[doc = $doc:literal])* $vendor:ident $folder:ident,)*) => {
        $(pub mod $folder;)*

        /// All simulators, in the order of the documents.
        pub static SIMULATORS: [&Spec; Vendor::ALL.len()] = [$(&$folder::SIMULATOR,)*];
    };
}
shared::for_each_vendor!(register);

/// Package of the app that all test accounts belong to.
pub const PACKAGE: &str = "com.example.im";

/// Returns the simulator of a vendor; `None` for one that is not simulated.
pub fn simulator(vendor: &str) -> Option<&'static Spec> {
    SIMULATORS.into_iter().find(|simulator| simulator.name() == vendor)
}

/// Returns an unused device token in a vendor's form; `None` for a vendor that is not simulated.
pub fn device_token(vendor: &str) -> Option<String> {
    simulator(vendor).map(|simulator| (simulator.interface().device_token)())
}

/// Returns every interface with its vendor.
pub fn interfaces() -> impl Iterator<Item = (&'static Spec, &'static Interface)> {
    SIMULATORS
        .into_iter()
        .flat_map(|simulator| simulator.interfaces.iter().map(move |interface| (simulator, interface)))
}

fn judges() -> Vec<&'static dyn VendorSimulator> {
    SIMULATORS.iter().map(|simulator| simulator.judge).collect()
}

/// Returns what the vendors know about the account of every interface.
pub fn test_accounts() -> Vec<NewCredential> {
    interfaces().map(|(simulator, interface)| (interface.account)().credential(simulator.name())).collect()
}

/// Returns the credential of every vendor's usual account, by vendor.
pub fn configured() -> Map<String, Value> {
    let record = |simulator: &Spec| (simulator.name().to_owned(), (simulator.interface().account)().record);
    SIMULATORS.into_iter().map(record).collect()
}

//! Simulators of the phone vendors: one process that answers as they would, refuses what they would
//! refuse, plays faults on demand, and tells what reached the phones.
//!
//! Every vendor stands under a path of its own, `{base}/{vendor}`, and keeps its paths below that.
//! HTTP/1.1 and HTTP/2 with prior knowledge are spoken on one port. The vendors share the
//! [`engine`], which knows none of them; they use nothing of the product, so that they stay
//! independent judges of it.
//!
//! In a test: [`Simulators::start`], then the operations of [`Control`]. Across processes: the binary
//! `vendor-simulators` and a [`SimulatorClient`], which has the same operations.
//!
//! # Control interface
//!
//! JSON under `{base}/_sim`; what is wrong is answered with 400 and `{"error": ".."}`.
//!
//! | call | does |
//! |---|---|
//! | `GET /health` | `{"vendors": [..]}` |
//! | `GET /requests?vendor&endpoint&token&text&after&at_least&wait_ms` | recorded requests, oldest first; waits up to `wait_ms` until there are `at_least` |
//! | `GET /deliveries?` with the same parameters | what reached phones, oldest first |
//! | `GET /device?vendor&token` | one phone: its notification shade, data messages, total of deliveries |
//! | `GET /devices?vendor` | all phones that are registered or were reached |
//! | `GET /counts` | totals per vendor |
//! | `GET /test-accounts` | the credentials of [`test_credentials`] by vendor, as one gives them to the product |
//! | `POST /credentials` `{"vendor","record",("token_lifetime_seconds")}` | registers what the vendor knows of an account: `{"id"}` |
//! | `DELETE /credentials?vendor&id` | the vendor forgets it |
//! | `POST /devices` `{"devices":[{"vendor","token",("state":"live\|dead"),("owner")}]}` | registers device tokens |
//! | `POST /unknown-tokens` `{"vendor","are":"live\|dead"}` | what tokens are that nobody registered; `live` unless said |
//! | `GET /faults`, `POST /faults` `{"rules":[FaultRule]}`, `DELETE /faults?vendor` | rules still to be played; adds; clears |
//! | `POST /expire-tokens` `{("vendor")}` | ends all access tokens: `{"expired"}` |
//! | `POST /receipts` `{"vendor","token","event":"delivered\|unregistered","to",("secret")}` | the vendor reports of the last push to that phone, to an address on 127.0.0.1, of which the path is the one that the push named: `{"status"}` |
//! | `POST /reset` `{("parts":[..])}` | clears [`Part`]s, by default all |
//!
//! A rule is `{"vendor", "endpoint"?: "token|send", "match_token"?, "times"?: 1, "delay_ms"?: 0,
//! "delivered"?: false, "fault": {"kind": ..}}`; kinds are those of [`Fault`].

mod client;
mod control;
pub mod engine;
pub mod fcm;
pub mod honor;
pub mod huawei;
pub mod meizu;
pub mod oppo;
mod server;
pub mod test_credentials;
#[cfg(test)]
mod testing;
pub mod vivo;
pub mod xiaomi;

pub use client::{ClientError, SimulatorClient, plain_http};
pub use control::{Control, Refused};
pub use engine::{
    Answered, Counts, Credential, Delivery, DeliveryKind, Device, DeviceState, DeviceView, Endpoint, Fault, FaultRule,
    Filter, NewCredential, Notice, Part, ReceiptEvent, ReceiptOrder, Recorded, Shown, UnknownTokens, VendorCounts,
};
pub use server::Simulators;

use engine::VendorSimulator;

/// A device token in the form of a vendor's that was never used; `None` for a vendor that is not simulated.
pub fn device_token(vendor: &str) -> Option<String> {
    Some(match vendor {
        fcm::NAME => fcm::device_token(),
        huawei::NAME => huawei::device_token(),
        honor::NAME => honor::device_token(),
        xiaomi::NAME => xiaomi::device_token(),
        oppo::NAME => oppo::device_token(),
        vivo::NAME => vivo::device_token(),
        meizu::NAME => meizu::device_token(),
        _ => return None,
    })
}

/// Every simulated vendor: the one place where they are listed.
fn vendors() -> Vec<Box<dyn VendorSimulator>> {
    vec![
        Box::new(fcm::Fcm),
        Box::new(huawei::Huawei),
        Box::new(honor::Honor),
        Box::new(xiaomi::Xiaomi),
        Box::new(oppo::Oppo),
        Box::new(vivo::Vivo),
        Box::new(meizu::Meizu),
    ]
}

//! The common part of the simulators, which knows no vendor: registrations, requests, answers, phones and scripted
//! faults.
//!
//! A vendor is one [`VendorSimulator`]. It reads a request and returns a judgement, without side effects. The engine
//! decides whether the judgement takes effect, because a scripted fault may prevent it. The engine also records
//! everything.

mod access;
mod credential;
mod device;
mod exchange;
mod fault;
mod filter;
pub mod form;
mod format;
pub mod jwt;
mod random;
mod receipt;
mod recorder;
mod request;
pub mod schema;
mod shade;
pub mod time;
mod vendor;
mod world;

pub use access::{Access, AccessToken};
pub use credential::{Credential, NewCredential};
pub use device::{Device, DeviceState, TokenState, UnknownTokens};
pub use exchange::{Engine, Reply};
pub use fault::{Fault, FaultRule};
pub use filter::Filter;
pub use format::{is_color, is_duration, is_https, is_timestamp, seconds};
pub use random::{Random, digits, opaque};
pub use receipt::{ReceiptEvent, ReceiptOrder, Report};
pub use recorder::{Answered, Counts, Recorded, VendorCounts};
pub use request::Request;
pub use shade::{Delivery, DeliveryKind, DeviceView, Notice, Shown};
pub use vendor::{Answer, Endpoint, Issued, Judgement, Removal, Saved, VendorSimulator};
pub use world::{Part, Scene};

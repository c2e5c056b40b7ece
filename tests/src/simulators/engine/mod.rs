//! The part of the simulators that knows no vendor: what has been registered, what was asked, what
//! was answered, what each phone shows, and which faults are still to be played.
//!
//! A vendor is one [`VendorSimulator`]: it reads a request and passes judgement, without side
//! effects. The engine decides whether that judgement takes effect, because a scripted fault may
//! come in between, and keeps the books.

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
pub use random::{digits, opaque};
pub use receipt::{ReceiptEvent, ReceiptOrder, Report};
pub use recorder::{Answered, Counts, Recorded, VendorCounts};
pub use request::Request;
pub use shade::{Delivery, DeliveryKind, DeviceView, Notice, Shown};
pub use vendor::{Answer, Endpoint, Issued, Judgement, Saved, VendorSimulator};
pub use world::{Part, Scene};

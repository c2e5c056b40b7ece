//! Parts of a vendor's message. Knows no vendor.
//!
//! | module | holds |
//! |---|---|
//! | [`text`] | texts cut to a length, the message's id, tokens written as JSON |
//! | `by_class` | what differs by the class of a push |
//! | `click` | what a tap does |
//! | [`custom`] | custom data as texts or as extras of an intent |
//! | `payload` | a message, completed with the tokens of one request after the other |
//! | `receipt_param` | what comes back in receipts |
//! | [`replace_id`] | what a notification replaces on the phone |
//! | [`revocation`] | whether a notifier revokes notifications |

mod by_class;
mod click;
pub mod custom;
mod payload;
mod receipt_param;
pub mod replace_id;
pub mod revocation;
pub mod text;

pub use by_class::ByClass;
pub use click::{Click, Tap};
pub use payload::{Frame, Payload};
pub use receipt_param::{read_receipt_param, receipt_param};
pub use text::message_id;

//! Parts of a vendor's message. Knows no vendor.
//!
//! | module | holds |
//! |---|---|
//! | [`text`] | texts cut to a length, tokens written as JSON |
//! | `click` | what a tap does |
//! | [`custom`] | custom data as texts or as extras of an intent |
//! | `receipt_param` | what comes back in receipts |
//! | [`replace_id`] | what a notification replaces on the phone |

mod click;
pub mod custom;
mod receipt_param;
pub mod replace_id;
pub mod text;

pub use click::{Click, Tap};
pub use receipt_param::receipt_param;

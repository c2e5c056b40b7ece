//! The phone vendors' protocols.
//!
//! A vendor is one value, its [`Spec`], in a folder of its own; [`spec`] finds it. What vendors share stands in folders that
//! know no vendor. Arrows point to what a folder may import:
//!
//! ```text
//! functions -> notifier -> registry (this file) -> vendors' folders
//!              vendors' folders -> hms -> message, record, access_token, reporting, receipts, transport -> shared
//! ```
//!
//! | folder | knows |
//! |---|---|
//! | [`transport`] | HTTP: one POST, one small reply, forms, addresses |
//! | [`reporting`] | from answers to outcomes: verdicts, tables of codes, reports of calls |
//! | [`access_token`] | access tokens, and requests that carry them |
//! | [`record`] | reading credentials and options |
//! | [`message`] | texts, taps, custom data, replace ids |
//! | [`receipts`] | reading what vendors report later |
//! | `hms` | what the messages and answers of Huawei and Honor share; built on the folders above |
//! | [`notifier`] | what functions ask of a notifier, whatever its vendor |
//!
//! A vendor is added by its folder and its line in [`shared::for_each_vendor`].

pub mod access_token;
mod hms;
pub mod message;
pub mod notifier;
pub mod receipts;
pub mod record;
pub mod reporting;
mod spec;
#[cfg(test)]
mod testing;
pub mod transport;

use std::sync::Arc;

use shared::{domain::vendor::Vendor, ports::vendor::VendorClient};

pub use spec::{Deps, ReceiptAddress, Spec};

/// Declares the vendors' folders, and the registry.
macro_rules! register {
    ($($(#[doc = $doc:literal])* $vendor:ident $folder:ident,)*) => {
        $(mod $folder;)*

        /// Returns what the product knows of a vendor.
        pub fn spec(vendor: Vendor) -> &'static Spec {
            match vendor {
                $(Vendor::$vendor => &$folder::VENDOR,)*
            }
        }
    };
}
shared::for_each_vendor!(register);

/// Returns the client of a vendor. It connects to nothing before its first push.
pub fn client(vendor: Vendor, deps: &Deps) -> Arc<dyn VendorClient> {
    (spec(vendor).client)(deps)
}

//! The phone vendors' protocols.
//!
//! A vendor is one value, its [`Spec`], in a folder of its own. The functions of this file find its parts. What vendors
//! share stands in folders that know no vendor. Arrows point to what a folder may import:
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
mod metric_code;
pub mod notifier;
mod prelude;
pub mod receipts;
pub mod record;
pub mod reporting;
mod spec;
#[cfg(test)]
mod testing;
pub mod transport;
mod vendor_client;

use std::sync::Arc;

use shared::{
    domain::{receipt::Event, vendor::Vendor},
    ports::vendor::VendorClient,
};

use self::{receipts::ReceiptReader, record::VendorRules, reporting::CodeNames, vendor_client::Protocol};

pub use metric_code::metric_code;
pub use spec::{Describe, ReceiptAddress, Spec};
pub use vendor_client::Deps;

/// Declares the vendors' folders, and the registry: a function for each part of a vendor's [`Spec`].
macro_rules! register {
    ($($(#[doc = $doc:literal])* $vendor:ident $folder:ident,)*) => {
        $(mod $folder;)*

        fn protocol(vendor: Vendor) -> Protocol {
            match vendor { $(Vendor::$vendor => const { $folder::VENDOR.protocol },)* }
        }

        /// Returns what an operator may configure.
        pub fn rules(vendor: Vendor) -> &'static dyn VendorRules {
            match vendor { $(Vendor::$vendor => const { $folder::VENDOR.rules },)* }
        }

        /// Returns what shows a vendor's requests.
        pub fn describe(vendor: Vendor) -> Describe {
            match vendor { $(Vendor::$vendor => const { $folder::VENDOR.describe },)* }
        }

        /// Returns the reader of a vendor's reports; `None` for a vendor that reports nothing.
        pub fn receipt_reader(vendor: Vendor) -> Option<&'static ReceiptReader> {
            match vendor { $(Vendor::$vendor => const { $folder::VENDOR.receipts },)* }
        }

        /// Returns how a vendor learns the address of its reports.
        pub fn receipt_address(vendor: Vendor) -> ReceiptAddress {
            match vendor { $(Vendor::$vendor => const { $folder::VENDOR.receipt_address },)* }
        }

        /// Returns the tables of the codes that a vendor's answers may have.
        fn codes(vendor: Vendor) -> &'static [&'static dyn CodeNames] {
            match vendor { $(Vendor::$vendor => const { $folder::VENDOR.codes },)* }
        }

        /// Returns the options of a single message that put it under another quota than that of its class.
        pub fn quota_options(vendor: Vendor) -> &'static [&'static str] {
            match vendor { $(Vendor::$vendor => const { $folder::VENDOR.quota_options },)* }
        }

        /// Returns Easemob's name of a vendor's channel in statistics.
        pub fn easemob_channel(vendor: Vendor) -> &'static str {
            match vendor { $(Vendor::$vendor => const { $folder::VENDOR.easemob_channel },)* }
        }
    };
}
shared::for_each_vendor!(register);

/// Returns the client of a vendor. It connects to nothing before its first push.
pub fn client(vendor: Vendor, deps: &Deps) -> Arc<dyn VendorClient> {
    Arc::new(vendor_client::Client::new(vendor, protocol(vendor), deps))
}

/// Returns whether a vendor reports this of pushes that it took over.
pub fn reports(vendor: Vendor, event: Event) -> bool {
    receipt_reader(vendor).is_some_and(|reader| reader.codes.iter().any(|row| row.event == event))
}

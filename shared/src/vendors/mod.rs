//! The phone vendors' protocols.
//!
//! One folder a vendor, all with the same files: `mod` (the client), `auth` (credential to access token, or to what is
//! signed with it), `payload` (notification to message), `wire` (the vendor's shapes and nothing else), `error` (its codes as a table), `rules` (what
//! an operator may configure), `class` (what it makes of the kinds of disturbance); all but FCM have `receipt` (what it
//! reports later). Huawei has two interfaces, and a folder in its folder for the newer one. What they share stands beside them and
//! knows no vendor:
//!
//! | module | holds |
//! |---|---|
//! | [`http`] | one POST, one small reply, and whether an unanswered request may have arrived |
//! | [`access_token`] | tokens in memory, shared between processes, fetched once |
//! | `authorized`, `keyed` | the requests of one call: with one new access token if need be, or with none at all |
//! | [`verdict`] | what a result code can mean |
//! | `report` | from the results of requests to the report of a call |
//! | `isolate` | for which tokens a request was refused, when the vendor does not say |
//! | `merged` | different notifications in one request |
//! | [`receipt`] | what vendors report later, and how reports are read |
//! | [`receipt_url`] | where they report to, and which of them are told so with a push |
//! | [`options`], [`rate`], [`replace_id`] | rules for the options of all; the options that all have; what replaces a notification |
//! | [`preflight`] | what stands in the way of a class of pushes, by what is known of a credential in the clear |
//! | `record`, `text`, `form`, `retry_after` | reading what is configured; cutting and escaping texts; a header |
//! | `click`, `custom` | what a tap does; custom data as texts or extras |
//! | [`describe`] | the requests of all of them, for people to look at |
//! | `day`, `md5` | when a day's quota is there again; an old hash that signs |
//!
//! Adding a vendor: its folder, its variant of [`Vendor`], and its four arms: three here, one in [`describe`].

pub mod access_token;
mod authorized;
mod click;
mod custom;
mod day;
pub mod describe;
mod form;
pub mod http;
pub mod isolate;
mod keyed;
mod md5;
mod merged;
pub mod options;
pub mod preflight;
pub mod rate;
pub mod receipt;
#[cfg(test)]
#[cfg(feature = "testing")]
mod receipt_tests;
pub mod receipt_url;
mod record;
pub mod replace_id;
mod report;
mod retry_after;
#[cfg(test)]
#[cfg(feature = "testing")]
mod test_key;
#[cfg(test)]
#[cfg(feature = "testing")]
mod testing;
mod text;
pub mod verdict;

pub mod fcm;
pub mod honor;
pub mod huawei;
pub mod meizu;
pub mod oppo;
pub mod vivo;
pub mod xiaomi;

use std::{fmt, sync::Arc};

use crate::{
    domain::{receipt::Event, vendor::Vendor},
    ports::{
        access_tokens::ShareAccessTokens,
        clock::{Clock, Entropy},
        vendor::{VendorClient, VendorRules},
    },
};

/// What a vendor's client needs.
#[derive(Clone)]
pub struct Deps {
    /// where processes share access tokens
    pub access_tokens: Arc<dyn ShareAccessTokens>,
    /// the time
    pub clock: Arc<dyn Clock>,
    /// random bits
    pub entropy: Arc<dyn Entropy>,
    /// stands for the vendor's hosts, see [`http::VENDOR_BASE_URL`]
    pub base_url: Option<http::BaseUrl>,
}

impl Deps {
    fn http(&self, vendor: Vendor) -> http::Http {
        http::Http::new(vendor, self.base_url.clone(), Arc::clone(&self.clock))
    }

    fn tokens(&self) -> access_token::AccessTokens {
        access_token::AccessTokens::new(
            Arc::clone(&self.access_tokens),
            Arc::clone(&self.clock),
            Arc::clone(&self.entropy),
        )
    }

    /// For tokens that a process makes itself, at no vendor's expense.
    fn own_tokens(&self) -> access_token::AccessTokens {
        access_token::AccessTokens::new(
            Arc::new(access_token::Unshared),
            Arc::clone(&self.clock),
            Arc::clone(&self.entropy),
        )
    }
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deps").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// The client of a vendor. It connects to nothing before its first push.
pub fn client(vendor: Vendor, deps: &Deps) -> Arc<dyn VendorClient> {
    match vendor {
        Vendor::Fcm => Arc::new(fcm::FcmClient::new(deps)),
        Vendor::Huawei => Arc::new(huawei::HuaweiClient::new(deps)),
        Vendor::Honor => Arc::new(honor::HonorClient::new(deps)),
        Vendor::Xiaomi => Arc::new(xiaomi::XiaomiClient::new(deps)),
        Vendor::Oppo => Arc::new(oppo::OppoClient::new(deps)),
        Vendor::Vivo => Arc::new(vivo::VivoClient::new(deps)),
        Vendor::Meizu => Arc::new(meizu::MeizuClient::new(deps)),
    }
}

/// How the reports of a vendor are read; `None` for one that reports nothing.
pub fn receipts(vendor: Vendor) -> Option<&'static dyn receipt::ReceiptReader> {
    match vendor {
        Vendor::Fcm => None,
        Vendor::Huawei => Some(&huawei::receipt::HuaweiReceipts),
        Vendor::Honor => Some(&honor::receipt::HonorReceipts),
        Vendor::Xiaomi => Some(&xiaomi::receipt::XiaomiReceipts),
        Vendor::Oppo => Some(&oppo::receipt::OppoReceipts),
        Vendor::Vivo => Some(&vivo::receipt::VivoReceipts),
        Vendor::Meizu => Some(&meizu::receipt::MeizuReceipts),
    }
}

/// Whether a vendor reports this of pushes that it took over.
pub fn reports(vendor: Vendor, event: Event) -> bool {
    receipts(vendor).is_some_and(|reader| reader.codes().iter().any(|row| row.event == event))
}

/// What may be configured for a vendor.
pub fn rules(vendor: Vendor) -> &'static dyn VendorRules {
    match vendor {
        Vendor::Fcm => &fcm::rules::FcmRules,
        Vendor::Huawei => &huawei::rules::HuaweiRules,
        Vendor::Honor => &honor::rules::HonorRules,
        Vendor::Xiaomi => &xiaomi::rules::XiaomiRules,
        Vendor::Oppo => &oppo::rules::OppoRules,
        Vendor::Vivo => &vivo::rules::VivoRules,
        Vendor::Meizu => &meizu::rules::MeizuRules,
    }
}

//! A vendor as one value.

use std::{fmt, sync::Arc};

use shared::{
    domain::{outcome::CallError, receipt::Event, vendor::Vendor},
    ports::{
        access_tokens::ShareAccessTokens,
        clock::{Clock, Entropy},
        vendor::{VendorCall, VendorClient},
    },
};

use crate::{
    access_token::{AccessTokens, Unshared},
    receipts::ReceiptReader,
    record::VendorRules,
    transport::{BaseUrl, Description, Http},
};

/// All that the product knows of a vendor. Each vendor's folder exports one: `VENDOR`.
pub struct Spec {
    /// makes the client; it connects to nothing before its first push
    pub client: fn(&Deps) -> Arc<dyn VendorClient>,
    /// what an operator may configure
    pub rules: &'static dyn VendorRules,
    /// shows the client's request to the call's first token; the text names the interface, where there are several
    pub describe: fn(&VendorCall<'_>, Option<&str>) -> Result<Description, CallError>,
    /// reads what the vendor reports later; `None` if it reports nothing
    pub receipts: Option<&'static dyn ReceiptReader>,
    /// how the vendor learns the address of its reports
    pub receipt_address: ReceiptAddress,
    /// options of a single message by which the vendor counts it under another quota than that of its class
    pub quota_options: &'static [&'static str],
    /// Easemob's name of the vendor's channel in statistics
    pub easemob_channel: &'static str,
}

/// How a vendor learns the address that it reports to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptAddress {
    /// the operator enters it in the vendor's console; requests name none
    Console,
    /// requests name it, unless the notifier's option `receipts` is `off`
    UnlessOff {
        /// the most bytes that the vendor takes
        max_bytes: usize,
    },
    /// requests name it only if the notifier's option `receipts` is `on`
    IfOn {
        /// the most bytes that the vendor takes
        max_bytes: usize,
    },
}

impl Spec {
    /// Returns whether the vendor reports this of pushes that it took over.
    pub fn reports(&self, event: Event) -> bool {
        self.receipts.is_some_and(|reader| reader.codes().iter().any(|row| row.event == event))
    }
}

impl fmt::Debug for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spec").finish_non_exhaustive()
    }
}

/// What a vendor's client needs.
#[derive(Clone)]
pub struct Deps {
    /// where processes share access tokens
    pub access_tokens: Arc<dyn ShareAccessTokens>,
    /// the time
    pub clock: Arc<dyn Clock>,
    /// random bits
    pub entropy: Arc<dyn Entropy>,
    /// stands for the vendor's hosts, see [`VENDOR_BASE_URL`](crate::transport::VENDOR_BASE_URL)
    pub base_url: Option<BaseUrl>,
}

impl Deps {
    pub(crate) fn http(&self, vendor: Vendor) -> Http {
        Http::new(vendor, self.base_url.clone(), Arc::clone(&self.clock))
    }

    pub(crate) fn tokens(&self) -> AccessTokens {
        AccessTokens::new(Arc::clone(&self.access_tokens), Arc::clone(&self.clock), Arc::clone(&self.entropy))
    }

    /// For tokens that a process makes itself, at no vendor's expense.
    pub(crate) fn own_tokens(&self) -> AccessTokens {
        AccessTokens::new(Arc::new(Unshared), Arc::clone(&self.clock), Arc::clone(&self.entropy))
    }
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deps").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

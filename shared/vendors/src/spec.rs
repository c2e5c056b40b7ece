//! A vendor as one value.

use shared::{domain::outcome::CallError, ports::vendor::VendorCall};

use crate::{
    receipts::ReceiptReader, record::VendorRules, reporting::CodeNames, transport::Description, vendor_client::Protocol,
};

/// All that the product knows of a vendor. Each vendor's folder exports one: `VENDOR`.
///
/// It is a constant and not a static, and the registry hands out its parts one by one: so a program that asks for receipts is
/// linked with the readers of receipts and without the clients.
pub struct Spec {
    /// how calls are sent
    pub protocol: Protocol,
    /// what an operator may configure
    pub rules: &'static dyn VendorRules,
    /// shows the request to the call's first token; the text names the interface, where there are several
    pub describe: Describe,
    /// the codes of its answers; metrics name no others
    pub codes: &'static [&'static dyn CodeNames],
    /// reads what the vendor reports later; `None` if it reports nothing
    pub receipts: Option<&'static ReceiptReader>,
    /// how the vendor learns the address of its reports
    pub receipt_address: ReceiptAddress,
    /// options of a single message by which the vendor counts it under another quota than that of its class
    pub quota_options: &'static [&'static str],
    /// Easemob's name of the vendor's channel in statistics
    pub easemob_channel: &'static str,
}

/// Shows the request to a call's first token.
pub type Describe = fn(&VendorCall<'_>, Option<&str>) -> Result<Description, CallError>;

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

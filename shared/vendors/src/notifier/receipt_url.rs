//! The address that a notifier's vendor reports to, and whether requests name it.

use serde_json::{Map, Value};
use shared::domain::{invalid::Invalid, receipt::Event, vendor::Vendor};

use crate::{
    ReceiptAddress, receipt_address, receipt_reader,
    record::{Optional, Rule, field, forms},
    reports,
};

/// The option's name.
const RECEIPTS: &str = "receipts";
const ON: &str = "on";
const OFF: &str = "off";

/// Fields of credentials that name an address of the operator's own.
const OWN_ADDRESSES: [&str; 2] = ["callback_url", "receipt_url"];

forms! {
    /// Whether requests name the address of receipts.
    Receipts = Rule::OneOf(&[ON, OFF]);
}

/// Checks `options.receipts`: `on` or `off`.
pub fn check(options: &Map<String, Value>) -> Result<(), Invalid> {
    field::<Optional<Receipts>>("options", options, RECEIPTS).map(drop)
}

/// Returns where a vendor reports to for the notifier with this secret; `None` for a vendor that reports nothing. `base` is where the
/// API is reached from outside.
pub fn of(base: &str, vendor: Vendor, secret: &str) -> Option<String> {
    receipt_reader(vendor).map(|_| format!("{base}/push/report/{vendor}/{secret}"))
}

/// Returns the address that the vendor's requests name, unless the credential names another; `None` where none is named.
pub fn in_requests(base: &str, vendor: Vendor, secret: &str, options: &Map<String, Value>) -> Option<String> {
    let max_bytes = match receipt_address(vendor) {
        ReceiptAddress::UnlessOff { max_bytes } | ReceiptAddress::IfOn { max_bytes } => max_bytes,
        ReceiptAddress::Console => return None,
    };
    of(base, vendor, secret).filter(|address| !receipts_are_off(vendor, options) && address.len() <= max_bytes)
}

/// Returns whether the vendor should report deliveries to this stack. Its requests name the address, or, where the vendor's
/// console holds it, the operator says so by `receipts: on`. An address in the credential leads the reports elsewhere.
pub fn are_expected(vendor: Vendor, options: &Map<String, Value>, in_requests: bool, credential: &Value) -> bool {
    let elsewhere = OWN_ADDRESSES.iter().any(|name| credential.get(name).is_some_and(|address| !address.is_null()));
    let asked = match receipt_address(vendor) {
        ReceiptAddress::Console => options.get(RECEIPTS).and_then(Value::as_str) == Some(ON),
        ReceiptAddress::UnlessOff { .. } | ReceiptAddress::IfOn { .. } => in_requests,
    };
    asked && !elsewhere && reports(vendor, Event::Delivered)
}

/// Whether the options keep a vendor from reporting, unless an address in the credential or in the vendor's console says otherwise.
pub fn receipts_are_off(vendor: Vendor, options: &Map<String, Value>) -> bool {
    let said = options.get(RECEIPTS).and_then(Value::as_str);
    match receipt_address(vendor) {
        // The option has no effect.
        ReceiptAddress::Console => false,
        ReceiptAddress::UnlessOff { .. } => said == Some(OFF),
        ReceiptAddress::IfOn { .. } => said != Some(ON),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn named(base: &str, vendor: Vendor, options: Value) -> bool {
        in_requests(base, vendor, &"0".repeat(32), options.as_object().unwrap()).is_some()
    }

    #[test]
    fn an_address_that_is_too_long_for_the_vendor_is_left_out() {
        let base = |length: usize| format!("https://{}", "x".repeat(length - 8));
        for (vendor, most) in [(Vendor::Oppo, 200), (Vendor::Vivo, 128), (Vendor::Meizu, 128)] {
            let most = most - format!("/push/report/{vendor}/").len() - 32;
            for (length, fits) in [(most, true), (most + 1, false)] {
                assert_eq!(named(&base(length), vendor, json!({"receipts": "on"})), fits, "{vendor} {length}");
            }
        }
    }

    #[test]
    fn reports_are_expected_where_the_vendor_is_asked_for_them_and_sends_them_here() {
        let expected = |vendor, options: Value, credential: Value| {
            let options = options.as_object().unwrap();
            let named = in_requests("https://example.com", vendor, &"0".repeat(32), options).is_some();
            are_expected(vendor, options, named, &credential)
        };
        for (vendor, by_default) in
            [(Vendor::Xiaomi, true), (Vendor::Oppo, true), (Vendor::Vivo, true), (Vendor::Meizu, false)]
        {
            assert_eq!(expected(vendor, json!({}), json!({})), by_default, "{vendor}");
            assert!(expected(vendor, json!({"receipts": "on"}), json!({})), "{vendor}");
            assert!(!expected(vendor, json!({"receipts": "off"}), json!({})), "{vendor}");
        }
        // Their consoles hold the address.
        for vendor in [Vendor::Huawei, Vendor::Honor] {
            assert!(!expected(vendor, json!({}), json!({})), "{vendor}");
            assert!(expected(vendor, json!({"receipts": "on"}), json!({})), "{vendor}");
        }
        assert!(!expected(Vendor::Fcm, json!({"receipts": "on"}), json!({})), "FCM reports nothing");
        let elsewhere = json!({"callback_url": "https://operator.example/reports"});
        assert!(!expected(Vendor::Xiaomi, json!({}), elsewhere));
    }

    #[test]
    fn the_api_of_the_longest_region_fits_every_vendor() {
        let base = "https://abcdefghij.execute-api.cn-northwest-1.amazonaws.com.cn";
        for vendor in [Vendor::Xiaomi, Vendor::Oppo, Vendor::Vivo, Vendor::Meizu] {
            assert!(named(base, vendor, json!({"receipts": "on"})), "{vendor}");
        }
    }
}

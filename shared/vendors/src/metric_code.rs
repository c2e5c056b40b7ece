//! The code of a vendor's answer as a metric names it.

use std::{collections::HashSet, sync::OnceLock};

use shared::domain::vendor::Vendor;

use crate::{access_token::oauth, codes};

/// Stands for every code that no table lists.
pub const OTHER: &str = "other";

/// What can fail in every vendor's calls.
const EXCHANGE_FAILURES: [&str; 11] = [
    "access token",
    "address",
    "client",
    "connect",
    "connection closed",
    "connection lost",
    "dns",
    "no access token in time",
    "no answer in time",
    "request",
    "timeout",
];

/// Returns the code if a table of the vendor lists it, or if every vendor's calls can fail so; else [`OTHER`].
///
/// CloudWatch charges for each code of a metric, and an answer comes from outside.
pub fn metric_code(vendor: Vendor, code: &str) -> &str {
    if names(vendor).contains(code) { code } else { OTHER }
}

/// Returns the codes that metrics of a vendor may name.
fn names(vendor: Vendor) -> &'static HashSet<String> {
    static NAMES: [OnceLock<HashSet<String>>; Vendor::ALL.len()] = [const { OnceLock::new() }; Vendor::ALL.len()];
    NAMES[vendor as usize].get_or_init(|| {
        let failures = EXCHANGE_FAILURES.iter().flat_map(|it| [(*it).to_owned(), format!("{}{it}", oauth::CODE)]);
        codes(vendor).iter().flat_map(|table| table.names()).chain(failures).collect()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_of_the_tables_and_failures_of_every_call_keep_their_names() {
        for (vendor, code) in [
            (Vendor::Fcm, "UNREGISTERED"),
            (Vendor::Fcm, "UNAUTHENTICATED"),
            (Vendor::Fcm, "access token: invalid_grant"),
            (Vendor::Fcm, "HTTP 503"),
            (Vendor::Huawei, "HTTP 200"),
            (Vendor::Fcm, "timeout"),
            (Vendor::Huawei, "80100000"),
            (Vendor::Huawei, "80300007"),
            (Vendor::Huawei, "access token: 1101/20002"),
            (Vendor::Honor, "expireTokens"),
            (Vendor::Xiaomi, "bad_regids"),
            (Vendor::Xiaomi, "20301"),
            (Vendor::Oppo, "access token: connect"),
            (Vendor::Vivo, "invalid user 1"),
            (Vendor::Vivo, "10302"),
            (Vendor::Meizu, "200 value"),
        ] {
            assert_eq!(metric_code(vendor, code), code, "{vendor}");
        }
    }

    #[test]
    fn a_vendor_has_a_bounded_number_of_names() {
        for vendor in Vendor::ALL {
            let names = names(vendor).len();
            assert!((30..=250).contains(&names), "{vendor}: {names}");
        }
    }

    proptest! {
        #[test]
        fn a_code_that_no_table_lists_is_another(code in "[a-z]{12,40}|HTTP [6-9][0-9]{2}|[0-9]{7}|.{30,60}") {
            for vendor in Vendor::ALL {
                prop_assert_eq!(metric_code(vendor, &code), OTHER);
            }
        }
    }
}

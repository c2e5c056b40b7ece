//! The rules for a notifier's options that hold for every vendor.

use serde_json::{Map, Value};
use shared::domain::{invalid::Invalid, vendor::Vendor};

use super::{rate::tokens_per_second, receipt_url};
use crate::{
    message::{replace_id, revocation},
    rules,
};

/// Maximum bytes of a notifier's options as compact JSON.
pub const MAX_OPTIONS_BYTES: usize = 8 * 1024;
/// The options that every vendor's notifiers have.
const COMMON: &[&str] = &["tokens_per_second", "collapse", "receipts", "revoke"];

/// Refuses options that an operator may not set: too many bytes, an unknown name, or a value that breaks a rule.
pub fn check(vendor: Vendor, options: &Map<String, Value>) -> Result<(), Invalid> {
    if serde_json::to_vec(options).map_or(usize::MAX, |json| json.len()) > MAX_OPTIONS_BYTES {
        return Err(Invalid::new("options", format!("must be at most {MAX_OPTIONS_BYTES} bytes as compact JSON")));
    }
    let rules = rules(vendor);
    let known: Vec<&str> = COMMON.iter().chain(rules.option_names()).copied().collect();
    if let Some(unknown) = options.keys().find(|name| !known.contains(&name.as_str())) {
        let field = format!("options.{}", unknown.chars().take(64).collect::<String>());
        let rule = format!("is unknown: an option of {} must be one of: {}", vendor.name(), known.join(", "));
        return Err(Invalid::new(field, rule));
    }
    rules.options(options)?;
    replace_id::check(options)?;
    receipt_url::check(options)?;
    revocation::check(options)?;
    tokens_per_second(options).map(drop)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        client,
        testing::{Server, deps},
    };

    fn refusal(vendor: Vendor, options: Value) -> Option<String> {
        check(vendor, options.as_object().unwrap()).err().map(|invalid| invalid.to_string())
    }

    #[test]
    fn every_vendor_refuses_an_option_that_it_does_not_know() {
        for vendor in Vendor::ALL {
            let said = refusal(vendor, json!({"tokens_per_second": 5, "chanel_id": "im"})).unwrap();
            let expected = format!(
                "options.chanel_id is unknown: an option of {} must be one of: tokens_per_second, collapse, receipts, ",
                vendor.name()
            );
            assert!(said.starts_with(&expected), "{said}");
            assert_eq!(refusal(vendor, json!({"tokens_per_second": 5})), None);
        }
    }

    #[test]
    fn the_domain_knows_which_vendors_revoke() {
        let deps = deps(&Server::script([]));
        for vendor in Vendor::ALL {
            assert_eq!(client(vendor, &deps).revoking().is_some(), vendor.revokes(), "{vendor}");
        }
    }

    #[test]
    fn every_known_option_is_read() {
        // No option takes an object with this in it, so one that is read refuses it.
        let nonsense = json!({"": [{}]});
        for vendor in Vendor::ALL {
            for name in COMMON.iter().chain(rules(vendor).option_names()) {
                let said = refusal(vendor, json!({*name: nonsense})).unwrap_or_default();
                assert!(said.starts_with(&format!("options.{name}")), "{vendor:?} {name}: {said}");
            }
        }
    }

    #[test]
    fn options_have_at_most_eight_kilobytes_as_compact_json() {
        let of = |bytes: usize| json!({"chanel_id": "x".repeat(bytes - r#"{"chanel_id":""}"#.len())});
        let too_long = refusal(Vendor::Fcm, of(MAX_OPTIONS_BYTES + 1));
        assert_eq!(too_long.unwrap(), "options must be at most 8192 bytes as compact JSON");
        assert!(refusal(Vendor::Fcm, of(MAX_OPTIONS_BYTES)).unwrap().contains("is unknown"));
        let name = "x".repeat(5_000);
        assert!(refusal(Vendor::Fcm, json!({name: 1})).unwrap().len() < 400);
    }
}

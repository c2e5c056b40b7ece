//! What stands in the way of pushes before any is sent.

use serde_json::{Map, Value};
use shared::domain::{
    invalid::Invalid,
    push::SemanticClass,
    vendor::Vendor,
    warning::{Warning, WarningKind},
};

use crate::rules;

/// Returns what the preflight reads of a credential's record. It is stored beside the ciphertext, since whoever shows a notifier can
/// decrypt nothing. `None` for a vendor whose preflight reads nothing of it.
pub fn facts(vendor: Vendor, record: &Value) -> Option<Map<String, Value>> {
    let fields = rules(vendor).preflight_fields();
    let fact = |name: &&str| Some(((*name).to_owned(), record.get(*name)?.clone()));
    (!fields.is_empty()).then(|| fields.iter().filter_map(fact).collect())
}

/// The vendor's warnings for these classes, one for all that it concerns. `Err` if credential or options are no longer valid.
pub fn preflight(
    vendor: Vendor,
    facts: &Map<String, Value>,
    options: &Map<String, Value>,
    classes: &[SemanticClass],
) -> Result<Vec<Warning>, Invalid> {
    let mut warnings: Vec<Warning> = Vec::new();
    for class in classes {
        for finding in rules(vendor).preflight(facts, options, *class)? {
            let warning = warned(&finding, &[*class]);
            match warnings.iter_mut().find(|known| known.message == warning.message) {
                Some(known) => known.classes.push(*class),
                None => warnings.push(warning),
            }
        }
    }
    Ok(warnings)
}

/// The warnings of a stored notifier, by the facts of its credential. Without facts, which versions before did not store, what depends
/// on them is unknown, and that is the warning.
pub fn preflight_of_stored(
    vendor: Vendor,
    facts: Option<&Map<String, Value>>,
    options: &Map<String, Value>,
) -> Vec<Warning> {
    let nothing = Map::new();
    let facts = match facts {
        Some(facts) => facts,
        None if rules(vendor).preflight_fields().is_empty() => &nothing,
        None => return vec![Warning { kind: WarningKind::Unchecked, ..warned(&unchecked(), &SemanticClass::ALL) }],
    };
    preflight(vendor, facts, options, &SemanticClass::ALL)
        .unwrap_or_else(|invalid| vec![warned(&invalid, &SemanticClass::ALL)])
}

fn unchecked() -> Invalid {
    Invalid::new(
        "credential",
        "was stored by an earlier version, which kept nothing of it to check: test the notifier, or put it again",
    )
}

fn warned(finding: &Invalid, classes: &[SemanticClass]) -> Warning {
    Warning {
        kind: WarningKind::Preflight,
        classes: classes.to_vec(),
        field: finding.field().to_owned(),
        message: finding.to_string(),
        days_left: None,
        level: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The fields of these vendors' credentials that are stored in the clear. Whoever adds one says here that anybody may read it.
    const KNOWN: [(Vendor, &[&str]); 7] = [
        (Vendor::Fcm, &[]),
        (Vendor::Huawei, &["im_category_granted"]),
        (Vendor::Honor, &["service_right_granted"]),
        (Vendor::Xiaomi, &["region", "default_channel_id", "channels", "templates"]),
        (Vendor::Oppo, &["channels", "category_default", "notify_level_default"]),
        (Vendor::Vivo, &["package_name", "push_mode"]),
        (Vendor::Meizu, &["notice_msg_type"]),
    ];

    #[test]
    fn what_is_stored_in_the_clear_is_no_secret() {
        for (vendor, fields) in KNOWN {
            assert_eq!(rules(vendor).preflight_fields(), fields, "{vendor}");
        }
    }

    #[test]
    fn every_field_that_is_kept_changes_what_is_found() {
        let activity = json!({"click_action": "a.b.C"});
        let cases = [
            (Vendor::Huawei, "im_category_granted", json!({"im_category_granted": true}), json!({})),
            (Vendor::Honor, "service_right_granted", json!({"service_right_granted": false}), json!({})),
            (Vendor::Xiaomi, "region", json!({"region": "sgp"}), json!({})),
            (Vendor::Xiaomi, "default_channel_id", json!({"default_channel_id": "1"}), json!({})),
            (Vendor::Xiaomi, "channels", json!({"channels": {"call": "1"}}), json!({})),
            (Vendor::Xiaomi, "templates", json!({"templates": {"call": {"id": "1"}}}), json!({})),
            (Vendor::Oppo, "channels", json!({"channels": {"call": "1"}}), json!({})),
            (Vendor::Oppo, "category_default", json!({"category_default": "NONE"}), json!({})),
            (
                Vendor::Oppo,
                "notify_level_default",
                json!({"notify_level_default": 2, "category_default": "NONE"}),
                json!({}),
            ),
            (Vendor::Vivo, "package_name", json!({"package_name": "a.b"}), activity),
            (Vendor::Vivo, "push_mode", json!({"push_mode": 1}), json!({})),
            (Vendor::Meizu, "notice_msg_type", json!({"notice_msg_type": 0}), json!({})),
        ];
        let kept = KNOWN.iter().flat_map(|(vendor, fields)| fields.iter().map(|field| (*vendor, *field)));
        assert_eq!(kept.collect::<Vec<_>>(), cases.each_ref().map(|(vendor, field, ..)| (*vendor, *field)));
        for (vendor, field, mut record, options) in cases {
            let found = |record: &Value| {
                preflight_of_stored(vendor, facts(vendor, record).as_ref(), options.as_object().unwrap())
            };
            let with = found(&record);
            record.as_object_mut().unwrap().remove(field);
            assert_ne!(with, found(&record), "{}: {field}", vendor.name());
        }
    }

    #[test]
    fn a_credential_of_a_version_before_is_unchecked_unless_nothing_depends_on_it() {
        let nothing = Map::new();
        for vendor in Vendor::ALL {
            let found = preflight_of_stored(vendor, None, &nothing);
            if rules(vendor).preflight_fields().is_empty() {
                assert_eq!(Ok(found), preflight(vendor, &nothing, &nothing, &SemanticClass::ALL), "{vendor}");
                continue;
            }
            let [warning] = &found[..] else { panic!("{vendor}: {found:?}") };
            assert_eq!((warning.kind, &*warning.field), (WarningKind::Unchecked, "credential"), "{vendor}");
            assert_eq!(warning.classes, SemanticClass::ALL, "{vendor}");
        }
        let found = preflight_of_stored(Vendor::Fcm, None, &nothing);
        let [warning] = &found[..] else { panic!("{found:?}") };
        assert_eq!((&*warning.field, warning.classes.len()), ("options.channel_id", 5));
    }

    #[test]
    fn what_a_later_version_takes_no_longer_is_told_and_hides_nothing() {
        let facts = json!({"push_mode": 7}).as_object().cloned().unwrap();
        let found = preflight_of_stored(Vendor::Vivo, Some(&facts), &Map::new());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "credential.push_mode must be a number from 0 to 1");
    }

    #[test]
    fn a_right_that_is_missing_is_told_beside_options_that_a_later_version_takes_no_longer() {
        let options = json!({"importance": "LOUD"}).as_object().cloned().unwrap();
        for (vendor, right) in [(Vendor::Huawei, "im_category_granted"), (Vendor::Honor, "service_right_granted")] {
            assert!(rules(vendor).options(&options).is_err(), "{}", vendor.name());
            let facts = json!({right: false}).as_object().cloned().unwrap();
            let found = preflight_of_stored(vendor, Some(&facts), &options);
            let fields: Vec<&str> = found.iter().map(|warning| &*warning.field).collect();
            assert_eq!(fields, [format!("credential.{right}")], "{}", vendor.name());
        }
    }
}

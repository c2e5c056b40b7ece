//! What is stored of a record.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Kind, Sample, read};
use crate::{
    record::{Digits, Optional, Required, stored},
    transport::MASK,
};

#[test]
fn a_record_is_stored_with_what_it_means_and_without_what_is_absent() {
    let given = json!({"secret": "hush", "id": "007", "label": "", "kind": null, "unknown": 1});
    let expected = json!({
        "secret": "hush", "id": "007", "url": "https://push.example.com/v1", "quiet": false, "names": [],
    });
    assert_eq!(stored(&read::<Sample>(&given).unwrap()), expected);
}

#[test]
fn a_stored_record_reads_as_itself() {
    let full = json!({
        "secret": "hush", "id": "007", "label": "a b", "kind": "slow", "pair": "a=b", "url": "https://eu.example.com/x",
        "count": 9, "quiet": true, "names": ["a", "b"], "x_click": {"action": "a.B", "inner": {"kind": "fast"}},
        "by_class": {"chat": "fast"}, "steps": [{"action": "a.B"}],
    });
    let once = stored(&read::<Sample>(&full).unwrap());
    assert_eq!(stored(&read::<Sample>(&once).unwrap()), once);
    let mut without_nulls = once;
    without_nulls["steps"] = full["steps"].clone();
    assert_eq!(without_nulls, full);
}

#[test]
fn absent_fields_of_an_object_inside_are_left_out_as_well() {
    let given =
        json!({"secret": "hush", "id": "1", "x_click": {"action": "a.B"}, "by_class": {"chat": "fast", "call": ""}});
    let stored = stored(&read::<Sample>(&given).unwrap());
    assert_eq!(stored["x_click"], json!({"action": "a.B"}));
    assert_eq!(stored["by_class"], json!({"chat": "fast"}));
}

#[test]
fn a_field_that_is_read_and_not_stored_is_checked_all_the_same() {
    #[derive(Deserialize, Serialize)]
    struct Checked {
        #[serde(skip_serializing)]
        kind: Optional<Kind>,
        id: Required<Digits>,
    }
    let checked: Checked = read(&json!({"kind": "fast", "id": "1"})).unwrap();
    assert_eq!(checked.kind.get(), Some("fast"));
    assert_eq!(stored(&checked), json!({"id": "1"}));
    assert!(read::<Checked>(&json!({"kind": "soon", "id": "1"})).is_err());
}

#[test]
fn a_credential_of_which_nothing_is_known_shows_the_mask() {
    assert_eq!(&*Required::<Digits>::default(), MASK);
    assert_eq!(Optional::<Kind>::masked().get(), Some(MASK));
    assert_eq!(Optional::<Kind>::default().get(), None);
}

//! Checks that the template's parts for each vendor are generated.

use std::fs;

use curlew_tests::template::{EVERY_VENDOR, WITH_RECEIPTS, generate};
use shared::domain::vendor::Vendor;

use super::document::root;

fn text() -> String {
    fs::read_to_string(root().join("infra/template.yaml")).unwrap()
}

#[test]
fn the_template_has_the_generated_lines_of_every_vendor() {
    let (committed, generated) = (text(), generate(&text(), &Vendor::ALL).unwrap());
    assert!(committed == generated, "infra/template.yaml is stale: run `make template` and commit what it writes");
}

#[test]
fn the_lines_that_are_written_by_hand_name_no_vendor_but_their_own() {
    let by_hand = generate(&text(), &[]).unwrap();
    let mut parts = by_hand.split(WITH_RECEIPTS.by_hand);
    let mut outside = parts.next().unwrap().to_owned();
    for part in parts {
        let (own, rest) = part.split_once(WITH_RECEIPTS.generated).unwrap();
        assert_named(own, WITH_RECEIPTS.source);
        outside += rest;
    }
    // The template's introduction says whose lines are written by hand.
    let resources = outside.split_once("\nResources:").unwrap().1;
    assert_named(resources, EVERY_VENDOR.source);
}

fn assert_named(lines: &str, vendor: Vendor) {
    let lines = lines.to_lowercase();
    let others = Vendor::ALL.into_iter().filter(|other| *other != vendor && lines.contains(other.name()));
    assert_eq!(others.collect::<Vec<_>>(), [], "a line for each vendor stands outside of the marks");
}

//! Checks that the template's parts for each vendor are generated.

use std::fs;

use curlew_tests::template::{SOURCE, generate};
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
fn the_lines_that_are_written_by_hand_name_no_vendor_but_the_first() {
    let by_hand = generate(&text(), &[]).unwrap().to_lowercase();
    let named = Vendor::ALL.into_iter().filter(|vendor| *vendor != SOURCE && by_hand.contains(vendor.name()));
    assert_eq!(named.collect::<Vec<_>>(), [], "a line for each vendor stands outside of the marks");
}

//! Checks where documents, and the console, list the vendors.

use shared::{domain::vendor::Vendor, for_each_vendor};
use vendors::{easemob_channel, receipt_reader};

use super::{assert_between, assert_block, table};

/// Declares what each vendor is, in the words of the list.
macro_rules! describe {
    ($($(#[doc = $doc:literal])* $vendor:ident $name:ident,)*) => {
        const DESCRIPTIONS: [&str; Vendor::ALL.len()] = [$(concat!($($doc),*)),*];
    };
}
for_each_vendor!(describe);

#[test]
fn the_guide_lists_every_vendor() {
    let rows = Vendor::ALL.into_iter().zip(DESCRIPTIONS).map(|(vendor, description)| {
        let reports = if receipt_reader(vendor).is_some() { "yes" } else { "no" };
        [format!("[`{vendor}`](#{vendor})"), description.trim().to_owned(), reports.to_owned()]
    });
    let head = ["vendor", "is", "reports [receipts](#receipts)"];
    assert_block("docs/api.md", "vendors", &format!("\n{}\n", table(head, rows)));
}

#[test]
fn the_description_of_the_api_lists_every_vendor_and_channel() {
    let channels = Vendor::ALL.map(easemob_channel).join(", ");
    for (name, place, words) in [
        ("vendors", "      enum: [", Vendor::ALL.map(Vendor::name).join(", ")),
        ("all channels", "      schema: { type: string, default: ALL, enum: [", format!("ALL, {channels}")),
        ("channels", "                propertyNames: { enum: [", channels.clone()),
    ] {
        let begin = format!(" # {name}: written by `make docs`\n{place}");
        assert_between("docs/openapi.yaml", &begin, &words, "]");
    }
}

#[test]
fn the_console_lists_every_vendor() {
    let words = Vendor::ALL.map(|vendor| format!("\"{vendor}\"")).join(", ");
    assert_between("functions/serve-console/ui/src/vendors/list.ts", "vendors: Vendor[] = [", &words, "]");
}

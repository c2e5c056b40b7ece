//! Generates the parts of `infra/template.yaml` that several vendors have once each.
//!
//! Each part has three marks, each on a line of its own. The first precedes the lines of one vendor, which are written by
//! hand. The second precedes the same lines for the other vendors of the part. [`END`] ends it.

use shared::domain::{receipt::Event, vendor::Vendor};
use thiserror::Error;

/// A kind of part.
pub struct Part {
    /// the mark before the lines that are written by hand
    pub by_hand: &'static str,
    /// the mark before the lines that are generated
    pub generated: &'static str,
    /// the vendor whose lines are written by hand
    pub source: Vendor,
    /// whether a vendor has such lines
    pub has: fn(Vendor) -> bool,
}

/// What every vendor has.
pub const EVERY_VENDOR: Part = Part {
    by_hand: "# vendors: FCM, written by hand",
    generated: "# vendors: the others, written by `make template`",
    source: Vendor::Fcm,
    has: |_| true,
};

/// What only vendors have that report deliveries.
pub const WITH_RECEIPTS: Part = Part {
    by_hand: "# vendors: Huawei, written by hand",
    generated: "# vendors: the others with receipts, written by `make template`",
    source: Vendor::Huawei,
    has: |vendor| vendors::reports(vendor, Event::Delivered),
};

/// The mark after the lines that are generated.
pub const END: &str = "# vendors: end";

/// The error for a part that lacks one of its marks.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{mark}` is missing in the part of the template that begins with: {start}")]
pub struct MissingMark {
    mark: &'static str,
    start: String,
}

/// Returns the template with the generated lines replaced by those of `vendors`.
pub fn generate(template: &str, vendors: &[Vendor]) -> Result<String, MissingMark> {
    [EVERY_VENDOR, WITH_RECEIPTS].iter().try_fold(template.to_owned(), |text, kind| kind.generate(&text, vendors))
}

impl Part {
    /// Returns the template with the generated lines of the parts of this kind replaced by those of `vendors`.
    fn generate(&self, template: &str, vendors: &[Vendor]) -> Result<String, MissingMark> {
        let mut parts = template.split(self.by_hand);
        let mut written = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let missing = |mark| MissingMark { mark, start: part.trim().lines().next().unwrap_or_default().to_owned() };
            let (by_hand, rest) = part.split_once(self.generated).ok_or_else(|| missing(self.generated))?;
            let (_, after) = rest.split_once(END).ok_or_else(|| missing(END))?;
            // The text before a mark on its line is the indentation.
            let (lines, indentation) = by_hand.rsplit_once('\n').ok_or_else(|| missing(self.generated))?;
            let others = vendors.iter().filter(|vendor| **vendor != self.source && (self.has)(**vendor));
            let generated: String = others.map(|vendor| self.renamed(lines, *vendor)).collect();
            written += &[self.by_hand, by_hand, self.generated, &generated, "\n", indentation, END, after].concat();
        }
        Ok(written)
    }

    /// Returns the lines of the source with another vendor's name.
    fn renamed(&self, lines: &str, vendor: Vendor) -> String {
        lines
            .replace(self.source.name(), vendor.name())
            .replace(&self.source.upper_name(), &vendor.upper_name())
            .replace(&pascal_name(self.source), &pascal_name(vendor))
    }
}

/// Returns a vendor's name as the logical ids of resources write it.
pub fn pascal_name(vendor: Vendor) -> String {
    let name = vendor.name();
    name[..1].to_ascii_uppercase() + &name[1..]
}

#[cfg(test)]
mod tests {
    use super::*;

    const BY_HAND: &str = EVERY_VENDOR.by_hand;
    const GENERATED: &str = EVERY_VENDOR.generated;

    fn template(generated: &str) -> String {
        format!("Queues:\n  {BY_HAND}\n  - FCM: PushFcm # push-fcm\n  {GENERATED}\n{generated}  {END}\nOther: fcm\n")
    }

    #[test]
    fn the_lines_of_the_others_are_those_of_the_first_with_their_names() {
        let stale = template("  - GONE: PushGone # push-gone\n");
        let current = template("  - VIVO: PushVivo # push-vivo\n  - OPPO: PushOppo # push-oppo\n");
        let vendors = [Vendor::Vivo, Vendor::Fcm, Vendor::Oppo];
        assert_eq!(generate(&stale, &vendors), Ok(current.clone()));
        assert_eq!(generate(&current, &vendors), Ok(current));
        assert_eq!(generate(&stale, &[Vendor::Fcm]), Ok(template("")));
    }

    #[test]
    fn a_vendor_without_receipts_has_no_lines_of_those_with_receipts() {
        let Part { by_hand, generated, .. } = WITH_RECEIPTS;
        let part = |others: &str| format!("  {by_hand}\n  - Huawei: huawei\n  {generated}\n{others}  {END}\n");
        let current = part("  - Oppo: oppo\n");
        assert_eq!(generate(&part(""), &[Vendor::Fcm, Vendor::Huawei, Vendor::Oppo]), Ok(current));
    }

    #[test]
    fn a_part_without_one_of_its_marks_is_refused() {
        for mark in [GENERATED, END] {
            let broken = template("").replace(mark, "");
            let error = generate(&broken, &Vendor::ALL).unwrap_err();
            assert_eq!(error, MissingMark { mark, start: "- FCM: PushFcm # push-fcm".to_owned() });
        }
    }
}

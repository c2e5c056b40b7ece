//! Generates the parts of `infra/template.yaml` that every vendor has once.
//!
//! Each part has three marks, each on a line of its own. [`BY_HAND`] precedes the lines of [`SOURCE`]. [`GENERATED`]
//! precedes the same lines for each other vendor. [`END`] ends the part.

use shared::domain::vendor::Vendor;
use thiserror::Error;

/// The mark before the lines that are written by hand.
pub const BY_HAND: &str = "# vendors: FCM, written by hand";
/// The mark before the lines that are generated.
pub const GENERATED: &str = "# vendors: the others, written by `make template`";
/// The mark after the lines that are generated.
pub const END: &str = "# vendors: end";

/// The vendor whose lines are written by hand.
pub const SOURCE: Vendor = Vendor::Fcm;

/// The error for a part that lacks one of its marks.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{mark}` is missing in the part of the template that begins with: {start}")]
pub struct MissingMark {
    mark: &'static str,
    start: String,
}

/// Returns the template with the generated lines replaced by those of `vendors`.
pub fn generate(template: &str, vendors: &[Vendor]) -> Result<String, MissingMark> {
    let mut parts = template.split(BY_HAND);
    let mut written = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let missing = |mark| MissingMark { mark, start: part.trim().lines().next().unwrap_or_default().to_owned() };
        let (by_hand, rest) = part.split_once(GENERATED).ok_or_else(|| missing(GENERATED))?;
        let (_, after) = rest.split_once(END).ok_or_else(|| missing(END))?;
        // The text before a mark on its line is the indentation.
        let (lines, indentation) = by_hand.rsplit_once('\n').ok_or_else(|| missing(GENERATED))?;
        let others = vendors.iter().filter(|vendor| **vendor != SOURCE);
        let generated: String = others.map(|vendor| renamed(lines, *vendor)).collect();
        written += &[BY_HAND, by_hand, GENERATED, &generated, "\n", indentation, END, after].concat();
    }
    Ok(written)
}

/// Returns a vendor's name as the logical ids of resources write it.
pub fn pascal_name(vendor: Vendor) -> String {
    let name = vendor.name();
    name[..1].to_ascii_uppercase() + &name[1..]
}

/// Returns the lines of [`SOURCE`] with another vendor's name.
fn renamed(lines: &str, vendor: Vendor) -> String {
    lines
        .replace(SOURCE.name(), vendor.name())
        .replace(&SOURCE.upper_name(), &vendor.upper_name())
        .replace(&pascal_name(SOURCE), &pascal_name(vendor))
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_part_without_one_of_its_marks_is_refused() {
        for mark in [GENERATED, END] {
            let broken = template("").replace(mark, "");
            let error = generate(&broken, &Vendor::ALL).unwrap_err();
            assert_eq!(error, MissingMark { mark, start: "- FCM: PushFcm # push-fcm".to_owned() });
        }
    }
}

//! What stands in the way of pushes before any is sent.

use serde_json::{Map, Value};

use super::rules;
use crate::{
    domain::{invalid::Invalid, push::SemanticClass, vendor::Vendor},
    ports::vendor::Warning,
};

/// The vendor's warnings for these classes, one for all that it concerns. `Err` if credential or options are no longer valid.
pub fn preflight(
    vendor: Vendor,
    credential: &Map<String, Value>,
    options: &Map<String, Value>,
    classes: &[SemanticClass],
) -> Result<Vec<Warning>, Invalid> {
    let mut warnings: Vec<Warning> = Vec::new();
    for class in classes {
        for finding in rules(vendor).preflight(credential, options, *class)? {
            let message = finding.to_string();
            match warnings.iter_mut().find(|warning| warning.message == message) {
                Some(known) => known.classes.push(*class),
                None => {
                    warnings.push(Warning { classes: vec![*class], field: finding.field().to_owned(), message });
                }
            }
        }
    }
    Ok(warnings)
}

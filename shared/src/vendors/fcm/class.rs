//! What FCM makes of the kinds of disturbance: it has a priority and a channel, and no categories.

use super::rules::Options;
use crate::domain::{invalid::Invalid, push::SemanticClass};

/// Advertising wakes no sleeping phone
/// (<https://firebase.google.com/docs/cloud-messaging/android-message-priority>).
pub(super) fn priority(class: SemanticClass) -> &'static str {
    match class {
        SemanticClass::Im | SemanticClass::Mention | SemanticClass::Call | SemanticClass::System => "HIGH",
        SemanticClass::Marketing => "NORMAL",
    }
}

/// What stands in the way of a class.
pub(super) fn preflight(options: &Options<'_>, class: SemanticClass) -> Vec<Invalid> {
    let mut findings = Vec::new();
    if options.channel_id.is_none() {
        findings.push(Invalid::new(
            "options.channel_id",
            "is missing: the phone uses the app's default channel, or one named Miscellaneous",
        ));
    }
    if options.priority == Some("NORMAL") && class != SemanticClass::Marketing {
        findings.push(Invalid::new("options.priority", "is NORMAL: a sleeping phone shows the push when it wakes up"));
    }
    findings
}

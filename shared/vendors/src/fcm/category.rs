//! FCM's category mapping: it has a priority and a channel, and no categories.

use shared::domain::{invalid::Invalid, push::SemanticClass};

use super::rules::Options;

/// Returns the priority of a class. Advertising wakes no sleeping phone
/// (<https://firebase.google.com/docs/cloud-messaging/android-message-priority>).
pub(super) fn priority(class: SemanticClass) -> &'static str {
    match class {
        SemanticClass::Im | SemanticClass::Mention | SemanticClass::Call | SemanticClass::System => "HIGH",
        SemanticClass::Marketing => "NORMAL",
    }
}

/// Returns what stands in the way of a class.
pub(super) fn preflight(options: &Options, class: SemanticClass) -> Vec<Invalid> {
    let mut findings = Vec::new();
    if options.channel_id.get().is_none() {
        findings.push(Invalid::new(
            "options.channel_id",
            "is missing: the phone uses the app's default channel, or one named Miscellaneous",
        ));
    }
    if options.priority.get() == Some("NORMAL") && class != SemanticClass::Marketing {
        findings.push(Invalid::new("options.priority", "is NORMAL: a sleeping phone shows the push when it wakes up"));
    }
    findings
}

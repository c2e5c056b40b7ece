//! FCM's category mapping: it has a priority and a channel, and no categories.

use super::rules::Options;
use crate::prelude::*;

/// The priority of each class. Advertising wakes no sleeping phone
/// (<https://firebase.google.com/docs/cloud-messaging/android-message-priority>).
pub(super) const PRIORITIES: ByClass<&str> =
    ByClass { im: "HIGH", mention: "HIGH", call: "HIGH", system: "HIGH", marketing: "NORMAL" };

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

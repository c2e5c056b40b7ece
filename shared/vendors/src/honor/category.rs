//! Honor's category mapping: the importance is the category.

use crate::prelude::*;

/// The importance of each class, for apps with the right to service messages.
const IMPORTANCES: ByClass<&str> =
    ByClass { im: "NORMAL", mention: "NORMAL", call: "NORMAL", system: "NORMAL", marketing: "LOW" };

/// Returns the importance of a class. Without the right to service messages everything is marketing to Honor, and is called so.
pub(super) fn importance(class: SemanticClass, service_right_granted: bool) -> &'static str {
    if service_right_granted { IMPORTANCES.of(class) } else { IMPORTANCES.marketing }
}

/// Returns what stands in the way of a class.
pub(super) fn preflight(service_right_granted: bool, class: SemanticClass) -> Vec<Invalid> {
    if service_right_granted || class == SemanticClass::Marketing {
        return Vec::new();
    }
    let rule =
        "is false: without the right to service messages, Honor takes them for marketing and shows them silently";
    vec![Invalid::new("credential.service_right_granted", rule)]
}

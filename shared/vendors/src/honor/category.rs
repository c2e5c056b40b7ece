//! Honor's category mapping: the importance is the category.

use shared::domain::{invalid::Invalid, push::SemanticClass};

/// Returns the importance of a class. Without the right to service messages everything is marketing to Honor, and is called so.
pub(super) fn importance(class: SemanticClass, service_right_granted: bool) -> &'static str {
    match class {
        SemanticClass::Marketing => "LOW",
        SemanticClass::Im | SemanticClass::Mention | SemanticClass::Call | SemanticClass::System => {
            if service_right_granted {
                "NORMAL"
            } else {
                "LOW"
            }
        }
    }
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

//! vivo's category mapping (<https://dev.vivo.com.cn/documentCenter/doc/359>).

use super::rules::{Facts, Options, is_activity};
use crate::prelude::*;

/// Categories of system messages.
const SYSTEM: &[&str] = &["IM", "ACCOUNT", "TODO", "DEVICE_REMINDER", "ORDER", "SUBSCRIPTION"];

/// Returns the classification of a category: 1 system, 0 operation.
pub(super) fn classification_of(category: &str) -> i64 {
    SYSTEM.contains(&category).into()
}

/// The category of each class.
const CATEGORIES: ByClass<&str> =
    ByClass { im: "IM", mention: "IM", call: "IM", system: "ACCOUNT", marketing: "MARKETING" };

/// Returns classification and category of a push. A category belongs to one classification, and vivo refuses all other pairs.
/// What the operator set for chat holds for chat. An app without system messages has none.
pub(super) fn classified<'a>(
    class: SemanticClass,
    own: Option<&'a str>,
    options: &'a Options,
) -> (i64, Option<&'a str>) {
    let configured = options.category.get().filter(|_| class.is_chat());
    let usual = options.classification();
    let of_class = Some(*CATEGORIES.of(class)).filter(|category| usual == 1 || classification_of(category) == 0);
    let category = own.or(configured).or(of_class);
    (category.map_or(usual, classification_of), category)
}

/// Returns what stands in the way of a class.
pub(super) fn preflight(facts: &Facts, options: &Options, class: SemanticClass) -> Vec<Invalid> {
    let mut findings = Vec::new();
    if options.click_action.get().is_some_and(is_activity) && facts.package_name.get().is_none() {
        findings.push(Invalid::new(
            "credential.package_name",
            "is missing: options.click_action names an activity, which cannot be opened without it, and no push is sent",
        ));
    }
    let (classification, _) = classified(class, None, options);
    if classification == 0 && class != SemanticClass::Marketing {
        findings.push(Invalid::new(
            "options.classification",
            "or options.category makes it an operation message: vivo sends those by day and counts them against a daily quota",
        ));
    }
    if options.push_mode(facts) == 1 {
        findings.push(Invalid::new("options.push_mode", "is 1: vivo sends to registered test phones only"));
    } else if options.text_prefix.get().is_none() {
        findings.push(Invalid::new(
            "options.text_prefix",
            "is missing: vivo refuses texts that are only letters, digits or signs (10104); they are replaced by fallback_title and fallback_content",
        ));
    }
    findings
}

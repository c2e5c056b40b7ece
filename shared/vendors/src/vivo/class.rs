//! What vivo makes of the kinds of disturbance (<https://dev.vivo.com.cn/documentCenter/doc/359>).

use shared::domain::{invalid::Invalid, push::SemanticClass};

use super::rules::{Account, Click, Options, classification_of};

/// The category of a class.
fn category_of(class: SemanticClass) -> &'static str {
    match class {
        SemanticClass::Im | SemanticClass::Mention | SemanticClass::Call => "IM",
        SemanticClass::System => "ACCOUNT",
        SemanticClass::Marketing => "MARKETING",
    }
}

/// Classification and category of a push. A category belongs to one classification, so that follows from it; vivo refuses all other
/// pairs. What the operator set for chat holds for chat, and an app without system messages has none.
pub(super) fn classified(
    class: SemanticClass,
    own: Option<&'static str>,
    options: &Options<'_>,
) -> (i64, Option<&'static str>) {
    let configured = options.category.filter(|_| class.is_chat());
    let of_class =
        Some(category_of(class)).filter(|category| options.classification == 1 || classification_of(category) == 0);
    let category = own.or(configured).or(of_class);
    (category.map_or(options.classification, classification_of), category)
}

/// What stands in the way of a class.
pub(super) fn preflight(account: &Account<'_>, options: &Options<'_>, class: SemanticClass) -> Vec<Invalid> {
    let mut findings = Vec::new();
    if matches!(options.click, Some(Click::Activity(_))) && account.package_name.is_none() {
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
    if options.push_mode.unwrap_or(account.push_mode) == 1 {
        findings.push(Invalid::new("options.push_mode", "is 1: vivo sends to registered test phones only"));
    } else if options.text_prefix.is_none() {
        findings.push(Invalid::new(
            "options.text_prefix",
            "is missing: vivo refuses texts that are only letters, digits or signs (10104); they are replaced by fallback_title and fallback_content",
        ));
    }
    findings
}

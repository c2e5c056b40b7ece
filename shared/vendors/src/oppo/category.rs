//! OPPO's category mapping (<https://open.oppomobile.com/documentation/page/info?id=13189>).

use super::rules::{Facts, NO_CATEGORY, Options};
use crate::prelude::*;

/// Bar, lock screen, banner, sound and vibration: for the category `IM` alone, OPPO refuses others with 67.
const LOUDEST: i64 = 16;

/// Whether OPPO takes this level of messages of the category.
pub(super) fn takes(category: Option<&str>, level: i64) -> bool {
    level != LOUDEST || category == Some("IM")
}

/// The category of each class.
const CATEGORIES: ByClass<&str> =
    ByClass { im: "IM", mention: "IM", call: "IM", system: "ACCOUNT", marketing: "MARKETING" };

/// The notifier's category for a class, `NONE` included: what an operator sets is for chat, but an app without categories has none
/// for anything.
pub(super) fn category<'a>(facts: &'a Facts, options: &'a Options, class: SemanticClass) -> &'a str {
    let configured = options.category.get().or(facts.category_default.get());
    configured.filter(|category| class.is_chat() || *category == NO_CATEGORY).unwrap_or(CATEGORIES.of(class))
}

/// The notifier's level for a class.
pub(super) fn notify_level(facts: &Facts, options: &Options, class: SemanticClass) -> Option<i64> {
    options.notify_level.or(facts.notify_level_default).filter(|_| class.is_chat()).map(|level| level.0)
}

/// The notifier's channel for a class.
pub(super) fn channel<'a>(facts: &'a Facts, options: &'a Options, class: SemanticClass) -> Option<&'a str> {
    options.channel_id.get().filter(|_| class.is_chat()).or(facts.channel(class))
}

/// What stands in the way of a class.
pub(super) fn preflight(facts: &Facts, options: &Options, class: SemanticClass) -> Vec<Invalid> {
    let mut findings = Vec::new();
    let uncategorised = category(facts, options, class) == NO_CATEGORY;
    if uncategorised && class != SemanticClass::Marketing {
        findings.push(Invalid::new(
            "options.category",
            "is NONE: OPPO counts the push against the daily quota of public messages",
        ));
    }
    if uncategorised && notify_level(facts, options, class).is_some() {
        findings
            .push(Invalid::new("options.notify_level", "needs a category: OPPO refuses it alone (67), it is not sent"));
    }
    let level = notify_level(facts, options, class).filter(|_| !uncategorised);
    if level.is_some_and(|level| !takes(Some(category(facts, options, class)), level)) {
        findings.push(Invalid::new(
            "options.notify_level",
            "is 16, which OPPO takes of messages of category IM only: such pushes are refused (67) and not sent",
        ));
    }
    if channel(facts, options, class).is_none() {
        let name = if class.is_chat() { SemanticClass::Im } else { class }.name();
        findings.push(Invalid::new(
            format!("credential.channels.{name}"),
            "is missing: the phone uses OPPO's default channel, with its sound and importance",
        ));
    }
    findings
}

//! Xiaomi's category mapping: each class may have a channel and a template of its own.

use super::rules::{Facts, Options};
use crate::prelude::*;

/// The classes whose channel or template serves this one, best first.
pub(super) fn served_by(class: SemanticClass) -> &'static [SemanticClass] {
    match class {
        SemanticClass::Im => &[SemanticClass::Im],
        SemanticClass::Mention => &[SemanticClass::Mention, SemanticClass::Im],
        SemanticClass::Call => &[SemanticClass::Call],
        SemanticClass::System => &[SemanticClass::System],
        SemanticClass::Marketing => &[SemanticClass::Marketing],
    }
}

/// The notifier's channel for a class. What is set for all classes holds for no advertising, which Xiaomi punishes in a channel
/// for private messages (<https://dev.mi.com/xiaomihyperos/documentation/detail?pId=2321>).
pub(super) fn channel<'a>(facts: &'a Facts, options: &'a Options, class: SemanticClass) -> Option<&'a str> {
    let default = facts.default_channel_id.get().filter(|_| class != SemanticClass::Marketing);
    let option = options.channel_id.get().filter(|_| class.is_chat());
    option.or_else(|| served_by(class).iter().find_map(|class| facts.channel(*class))).or(default)
}

/// What stands in the way of a class.
pub(super) fn preflight(facts: &Facts, options: &Options, class: SemanticClass) -> Vec<Invalid> {
    let mut findings = Vec::new();
    if channel(facts, options, class).is_none() {
        findings.push(Invalid::new(
            format!("credential.channels.{}", class.name()),
            "is missing: without a channel Xiaomi shows one message a day on a phone",
        ));
    }
    // Advertising goes through public channels, which have no templates.
    if class != SemanticClass::Marketing && facts.is_chinese() && facts.template(class).is_none() {
        findings.push(Invalid::new(
            format!("credential.templates.{}", class.name()),
            "is missing: Xiaomi takes private messages by template only, of new apps since July 2026, of all from 2027 on",
        ));
    }
    findings
}

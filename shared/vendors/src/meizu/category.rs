//! Meizu's category mapping: private messages, and public ones with a quota.

use super::rules::{Facts, Options};
use crate::prelude::*;

/// Returns the type of a message: 1 private, 0 public. What an operator sets is for chat.
pub(super) fn notice_msg_type(facts: &Facts, options: &Options, class: SemanticClass) -> i64 {
    match options.notice_msg_type.or(facts.notice_msg_type).filter(|_| class.is_chat()) {
        Some(configured) => configured.get(),
        None => (class != SemanticClass::Marketing).into(),
    }
}

/// Returns what stands in the way of a class.
pub(super) fn preflight(facts: &Facts, options: &Options, class: SemanticClass) -> Vec<Invalid> {
    if class == SemanticClass::Marketing || notice_msg_type(facts, options, class) == 1 {
        return Vec::new();
    }
    vec![Invalid::new("options.notice_msg_type", "is 0: Meizu shows a few public messages a day on a phone")]
}

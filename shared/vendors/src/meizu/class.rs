//! What Meizu makes of the kinds of disturbance: private messages, and public ones with a quota.

use shared::domain::{invalid::Invalid, push::SemanticClass};

use super::rules::{Account, Options};

/// The type of a message: 1 private, 0 public. What an operator sets is for chat.
pub(super) fn notice_msg_type(account: &Account<'_>, options: &Options<'_>, class: SemanticClass) -> i64 {
    let configured = options.notice_msg_type.or(account.notice_msg_type).filter(|_| class.is_chat());
    configured.unwrap_or(match class {
        SemanticClass::Im | SemanticClass::Mention | SemanticClass::Call | SemanticClass::System => 1,
        SemanticClass::Marketing => 0,
    })
}

/// What stands in the way of a class.
pub(super) fn preflight(account: &Account<'_>, options: &Options<'_>, class: SemanticClass) -> Vec<Invalid> {
    if class == SemanticClass::Marketing || notice_msg_type(account, options, class) == 1 {
        return Vec::new();
    }
    vec![Invalid::new("options.notice_msg_type", "is 0: Meizu shows a few public messages a day on a phone")]
}

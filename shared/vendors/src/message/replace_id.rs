//! What a notification replaces on the phone, and the forms that vendors take it in.
//!
//! The replace id answers "which notification is this?". By default that is one a message, so that only a repeat replaces; with the
//! option `collapse: conversation` it is one a conversation. Ids by which a vendor *drops* what it had before stay the message's.

use std::borrow::Cow;

use serde_json::{Map, Value};
use shared::{
    crypto::encoding::sha256_hex,
    domain::{invalid::Invalid, push::Notification},
};

use crate::record::{Optional, Rule, field, forms};

/// The option's name.
const COLLAPSE: &str = "collapse";
const CONVERSATION: &str = "conversation";

forms! {
    /// Which messages share a notification.
    Collapse = Rule::OneOf(&["message", CONVERSATION]);
}

/// Checks `options.collapse`: `message` (default) or `conversation`.
pub fn check(options: &Map<String, Value>) -> Result<(), Invalid> {
    field::<Optional<Collapse>>("options", options, COLLAPSE).map(drop)
}

/// Returns what the notification replaces: what had the same id before. A conversation is the group, or else the sender; a push
/// without either, such as a test push, replaces by its own id.
pub fn of<'a>(notification: &'a Notification, options: &Map<String, Value>) -> Cow<'a, str> {
    let own = Cow::Borrowed(notification.replace_id.as_str());
    if options.get(COLLAPSE).and_then(Value::as_str) != Some(CONVERSATION) {
        return own;
    }
    let named = |key: &str| notification.custom.get(key).and_then(Value::as_str);
    let group = named("g").map(|group| format!("group:{group}"));
    group.or_else(|| named("f").map(|sender| format!("user:{sender}"))).map_or(own, Cow::Owned)
}

/// Returns a positive number of 31 bits that follows from the replace id.
pub fn number(replace_id: &str) -> u32 {
    let digest = sha256_hex(replace_id.as_bytes());
    let bits = digest.get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    (bits.unwrap_or_default() & 0x7fff_ffff).max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use shared::domain::push::SemanticClass;

    use super::*;

    proptest! {
        #[test]
        fn a_number_to_replace_by_is_positive_and_always_the_same(replace_id: String) {
            let id = number(&replace_id);
            prop_assert!((1..=0x7fff_ffff).contains(&id));
            prop_assert_eq!(id, number(&replace_id));
        }
    }

    fn replaced(custom: &Value, options: &Value) -> String {
        let notification = Notification {
            title: String::new(),
            body: String::new(),
            custom: custom.as_object().unwrap().clone(),
            class: SemanticClass::Im,
            replace_id: "m1".into(),
            badge: true,
            options: Map::new(),
        };
        of(&notification, options.as_object().unwrap()).into_owned()
    }

    #[test]
    fn a_group_and_a_sender_of_one_name_are_two_conversations() {
        let conversation = json!({"collapse": "conversation"});
        assert_eq!(replaced(&json!({"f": "x", "t": "ann", "m": "m1"}), &conversation), "user:x");
        assert_eq!(replaced(&json!({"f": "bob", "g": "x", "m": "m1"}), &conversation), "group:x");
        assert_eq!(replaced(&json!({}), &conversation), "m1");
        for options in [json!({}), json!({"collapse": "message"})] {
            assert_eq!(replaced(&json!({"f": "x", "g": "y"}), &options), "m1");
        }
    }
}

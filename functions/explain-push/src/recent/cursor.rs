//! Cursors of pages of recent messages.

use std::fmt;

use shared::domain::{
    hash::fnv_1a,
    id::{AppKey, MessageId, UserId},
    invalid::Invalid,
};

/// Bytes of a message id in hexadecimal.
const ID: usize = 32;
/// Bytes of the checksum in hexadecimal.
const CHECK: usize = 16;

/// The start of the next page. It is a message id, so new messages and left groups do not move it. A checksum binds its
/// text to app and user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    /// no message that remains to be shown is later
    pub(super) up_to: MessageId,
    check: u64,
}

impl Cursor {
    pub(super) fn new(app: &AppKey, user: &UserId, up_to: MessageId) -> Self {
        Self { up_to, check: check(app, user, up_to) }
    }

    /// Parses the text of a cursor of this user.
    pub(super) fn parse(text: &str, app: &AppKey, user: &UserId) -> Result<Self, Invalid> {
        let unknown = || Invalid::new("cursor", "must be the cursor of an earlier page of this user");
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != ID + CHECK || !text.bytes().all(is_hex) {
            return Err(unknown());
        }
        let (id, _) = text.split_at(ID);
        let id = u128::from_str_radix(id, 16).map_err(|_| unknown())?;
        let cursor = Self::new(app, user, MessageId::from_bits(id));
        if cursor.to_string() == text { Ok(cursor) } else { Err(unknown()) }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}{:016x}", self.up_to.bits(), self.check)
    }
}

/// Computes the checksum, which detects errors and mix-ups. It is not a signature: a forged cursor shows only what the
/// route shows anyway.
fn check(app: &AppKey, user: &UserId, up_to: MessageId) -> u64 {
    fnv_1a(format!("recent\n{app}\n{user}\n{up_to}").bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shared::testing::sample::{app_key, user};

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_survives_its_text_and_serves_nobody_else(bits: u128) {
            let (app, ann) = (app_key("acme#chat"), user("ann"));
            let cursor = Cursor::new(&app, &ann, MessageId::from_bits(bits));
            prop_assert_eq!(Cursor::parse(&cursor.to_string(), &app, &ann).unwrap(), cursor);
            prop_assert!(Cursor::parse(&cursor.to_string(), &app, &user("bob")).is_err());
            prop_assert!(Cursor::parse(&cursor.to_string(), &app_key("acme#other"), &ann).is_err());
        }

        #[test]
        fn whatever_is_no_cursor_is_refused(text in "\\PC{0,60}|[0-9a-f]{48}|[+][0-9a-f]{47}") {
            let refused = Cursor::parse(&text, &app_key("acme#chat"), &user("ann")).unwrap_err();
            prop_assert_eq!(refused.field(), "cursor");
        }
    }
}

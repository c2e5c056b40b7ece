//! Cursors: where the next page of waiting messages begins.

use std::{collections::BTreeSet, fmt};

use crate::domain::{
    ack::MAX_OF_GROUPS,
    hash::fnv_1a,
    id::{AppKey, GroupId, MessageId, UserId},
    inbox::Marks,
    invalid::Invalid,
};

/// The version of the format. Every change of the format needs a new one.
const KNOWN: u8 = 1;
const ALL: u8 = 2;
/// The same versions, if the last dropped instant push follows the position. Earlier functions do not read these, so they
/// are only written where instant pushes were dropped.
const KNOWN_WITH_PUSHES: u8 = 3;
const ALL_WITH_PUSHES: u8 = 4;
/// Bytes before the groups: version, flag, two floors, the position.
const HEAD: usize = 2 + 3 * ID;
const ID: usize = 16;
/// Bytes of a group's hash.
const GROUP: usize = 4;
/// Bytes of the checksum.
const CHECK: usize = 8;

/// What the first page does not return because too much waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Floors {
    /// everything up to these
    pub(super) marks: Marks,
    /// instant pushes up to this one
    pub(super) pushes: MessageId,
}

/// Where the next page begins. It contains what the first page found, so that the next pages need not read it again:
/// the floors, and the groups with more messages. A checksum binds its text to app and user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub(super) floors: Floors,
    /// every message up to this one was returned, or does not wait
    pub(super) position: MessageId,
    pub(super) left: Left,
    check: u64,
}

/// Timelines in which more messages may wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Left {
    /// the first page read everything that waits
    Known {
        /// whether messages of the last minute wait in these groups
        strong: bool,
        /// hashes of the groups with more messages; if two groups share a hash, one of them is read without need
        groups: BTreeSet<u32>,
    },
    /// more waits than one call reads
    All {
        /// every message up to this one was stored when the walk began
        begun: MessageId,
        /// whether nothing up to the position waits
        clean: bool,
    },
}

impl Left {
    pub(super) fn known<'a>(strong: bool, groups: impl IntoIterator<Item = &'a GroupId>) -> Self {
        Self::Known { strong, groups: groups.into_iter().map(short_hash).collect() }
    }
}

impl Cursor {
    pub(super) fn new(app: &AppKey, user: &UserId, floors: Floors, position: MessageId, left: Left) -> Self {
        let mut cursor = Self { floors, position, left, check: 0 };
        cursor.check = check(app, user, &cursor.payload());
        cursor
    }

    /// Parses the text of a cursor of this user.
    pub fn parse(text: &str, app: &AppKey, user: &UserId) -> Result<Self, Invalid> {
        let unknown = || Invalid::new("cursor", "must be the cursor of an earlier page of this user");
        let cursor = from_hex(text).and_then(|bytes| Self::from_bytes(&bytes)).ok_or_else(unknown)?;
        if cursor.check != check(app, user, &cursor.payload()) {
            return Err(unknown());
        }
        Ok(cursor)
    }

    /// Returns whether the known groups need strongly consistent reads, or `None` if no known group has more messages.
    pub(super) fn groups_are_strong(&self) -> Option<bool> {
        match &self.left {
            Left::Known { strong, groups } if !groups.is_empty() => Some(*strong),
            _ => None,
        }
    }

    /// Returns whether this group may have more messages.
    pub(super) fn names(&self, group: &GroupId) -> bool {
        matches!(&self.left, Left::Known { groups, .. } if groups.contains(&short_hash(group)))
    }

    fn payload(&self) -> Vec<u8> {
        let Floors { marks, pushes } = self.floors;
        let with_pushes = pushes > MessageId::MIN;
        let (form, flag) = match &self.left {
            Left::Known { strong, .. } => (if with_pushes { KNOWN_WITH_PUSHES } else { KNOWN }, *strong),
            Left::All { clean, .. } => (if with_pushes { ALL_WITH_PUSHES } else { ALL }, *clean),
        };
        let mut bytes = vec![form, u8::from(flag)];
        let ids = [marks.one_to_one, marks.group, self.position].into_iter().chain(with_pushes.then_some(pushes));
        ids.for_each(|id| bytes.extend(id.bits().to_be_bytes()));
        match &self.left {
            Left::Known { groups, .. } => groups.iter().for_each(|group| bytes.extend(group.to_be_bytes())),
            Left::All { begun, .. } => bytes.extend(begun.bits().to_be_bytes()),
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (payload, check) = bytes.split_at_checked(bytes.len().checked_sub(CHECK)?)?;
        let (head, left) = payload.split_at_checked(HEAD)?;
        let ([form, flag @ (0 | 1)], ids) = head.split_first_chunk::<2>()? else { return None };
        let (ids, []) = ids.as_chunks::<ID>() else { return None };
        let [one_to_one, group, position] = *ids else { return None };
        let id = |bytes| MessageId::from_bits(u128::from_be_bytes(bytes));
        let flag = *flag == 1;
        let (pushes, left) = match *form {
            KNOWN | ALL => (MessageId::MIN, left),
            _ => {
                let (pushes, left) = left.split_first_chunk::<ID>()?;
                (id(*pushes), left)
            }
        };
        let left = match *form {
            KNOWN | KNOWN_WITH_PUSHES => {
                let (groups, []) = left.as_chunks::<GROUP>() else { return None };
                Left::Known { strong: flag, groups: groups.iter().map(|group| u32::from_be_bytes(*group)).collect() }
            }
            ALL | ALL_WITH_PUSHES => Left::All { begun: id(left.try_into().ok()?), clean: flag },
            _ => return None,
        };
        Some(Self {
            floors: Floors { marks: Marks { one_to_one: id(one_to_one), group: id(group) }, pushes },
            position: id(position),
            left,
            check: u64::from_be_bytes(check.try_into().ok()?),
        })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.payload();
        bytes.extend(self.check.to_be_bytes());
        bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    if pairs.len() > HEAD + ID + MAX_OF_GROUPS * GROUP + CHECK {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

/// Computes the checksum, which detects errors and mix-ups. It is not a signature: a forged cursor shows only messages
/// of this user.
fn check(app: &AppKey, user: &UserId, payload: &[u8]) -> u64 {
    let owner = format!("{app}\n{user}\n");
    fnv_1a(owner.bytes().chain(payload.iter().copied()))
}

fn short_hash(group: &GroupId) -> u32 {
    let hash = fnv_1a(group.as_str().bytes());
    u32::try_from((hash >> 32) ^ (hash & u64::from(u32::MAX))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn app() -> AppKey {
        AppKey::parse("acme#chat").unwrap()
    }

    fn user(name: &str) -> UserId {
        UserId::parse(name).unwrap()
    }

    fn new(bits: [u128; 4], left: Left) -> Cursor {
        let [one_to_one, group, pushes, position] = bits.map(MessageId::from_bits);
        let floors = Floors { marks: Marks { one_to_one, group }, pushes };
        Cursor::new(&app(), &user("ann"), floors, position, left)
    }

    fn cursor(bits: [u128; 4], strong: bool, groups: &[String]) -> Cursor {
        let groups: Vec<GroupId> = groups.iter().map(|name| GroupId::parse(name).unwrap()).collect();
        new(bits, Left::known(strong, &groups))
    }

    proptest! {
        #[test]
        fn a_cursor_survives_its_text(bits: [u128; 4], strong: bool, groups in prop::collection::vec("[a-z]{1,9}", 0..9)) {
            let cursor = cursor(bits, strong, &groups);
            prop_assert_eq!(Cursor::parse(&cursor.to_string(), &app(), &user("ann")).unwrap(), cursor.clone());
            for name in &groups {
                prop_assert!(cursor.names(&GroupId::parse(name).unwrap()));
            }
        }

        #[test]
        fn so_does_one_of_a_long_walk(bits: [u128; 4], begun: u128, clean: bool) {
            let cursor = new(bits, Left::All { begun: MessageId::from_bits(begun), clean });
            prop_assert_eq!(Cursor::parse(&cursor.to_string(), &app(), &user("ann")).unwrap(), cursor);
        }

        #[test]
        fn whatever_is_no_cursor_is_refused(text in "\\PC{0,200}|[0-9a-f]{0,300}") {
            prop_assert!(Cursor::parse(&text, &app(), &user("ann")).is_err());
        }

        #[test]
        fn a_cursor_with_a_slip_is_refused(at in 0usize..100, digit in 0u8..15) {
            let mut text = cursor([1, 2, 0, 3], true, &[]).to_string().into_bytes();
            let old = char::from(text[at]).to_digit(16).unwrap();
            text[at] = b"0123456789abcdef"[(old as usize + 1 + usize::from(digit)) % 16];
            let slip = String::from_utf8(text).unwrap();
            prop_assert!(Cursor::parse(&slip, &app(), &user("ann")).is_err());
        }
    }

    #[test]
    fn a_cursor_without_dropped_pushes_is_one_that_earlier_versions_read() {
        let version = |pushes| cursor([1, 2, pushes, 3], true, &[]).to_string()[..2].to_owned();
        assert_eq!([version(0), version(4)], ["01", "03"]);
        let all = |pushes| new([1, 2, pushes, 3], Left::All { begun: MessageId::MIN, clean: true }).to_string();
        assert_eq!([all(0), all(4)].map(|text| text[..2].to_owned()), ["02", "04"]);
    }

    #[test]
    fn a_cursor_of_somebody_else_is_refused() {
        let text = cursor([1, 2, 4, 3], false, &["g".to_owned()]).to_string();
        let other = AppKey::parse("acme#other").unwrap();
        assert!(Cursor::parse(&text, &app(), &user("bob")).is_err());
        let refused = Cursor::parse(&text, &other, &user("ann")).unwrap_err();
        assert_eq!(refused.to_string(), "cursor must be the cursor of an earlier page of this user");
    }
}

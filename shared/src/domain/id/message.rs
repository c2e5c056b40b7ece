//! Ids of messages.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize};
use ulid::Ulid;

use super::GroupId;
use crate::domain::{hash::fnv_1a, invalid::Invalid, message::MAX_ID_AGE, time::Timestamp};

/// The id of one message to one receiver, or of one message to a group. It is a ULID, so ids sort by the time of
/// acceptance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(Ulid);

impl MessageId {
    /// The bit that marks ids of group messages, whose records are stored under other keys than those of one-to-one
    /// messages.
    const GROUP: u128 = 1 << 79;
    /// Position of the bits that depend on the group's id.
    const NAME_PLACE: u32 = 63;
    const NAME: u128 = 0xffff << Self::NAME_PLACE;

    /// Creates the id of a one-to-one message, from the time of acceptance and 79 random bits.
    pub fn new(at: Timestamp, random: u128) -> Self {
        Self(Ulid::from_parts(u64::try_from(at.as_millis()).unwrap_or(0), random & !Self::GROUP))
    }

    /// Creates the id of a group message as earlier versions did, from the time of acceptance and 79 random bits.
    pub fn of_group(at: Timestamp, random: u128) -> Self {
        Self(Ulid::from_parts(u64::try_from(at.as_millis()).unwrap_or(0), random | Self::GROUP))
    }

    /// Creates the id of a message to this group, from the time of acceptance and 63 random bits. The other bits depend
    /// on the group, so a reader of the id finds the few groups that can have the message.
    pub fn for_group(at: Timestamp, group: &GroupId, random: u128) -> Self {
        Self::of_group(at, random & !Self::NAME | Self::name_bits(group))
    }

    /// Returns whether the id can be of a message to this group. For another group it returns `true` once in 65 536
    /// times. Ids from earlier versions do not depend on the group.
    pub fn may_be_for(self, group: &GroupId) -> bool {
        self.is_of_group() && self.bits() & Self::NAME == Self::name_bits(group)
    }

    /// Returns 16 bits of the group's hash at their position. Ids are stored, so the bits must never change.
    fn name_bits(group: &GroupId) -> u128 {
        u128::from(fnv_1a(group.as_str().bytes())) << Self::NAME_PLACE & Self::NAME
    }

    /// Returns whether it is the id of a group message.
    pub fn is_of_group(self) -> bool {
        self.bits() & Self::GROUP != 0
    }

    /// Returns when the message was accepted.
    pub fn accepted_at(self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(self.0.timestamp_ms()).unwrap_or(i64::MAX))
    }

    /// Sorts before every other id.
    pub const MIN: Self = Self(Ulid::nil());
    /// Sorts after every other id.
    pub const MAX: Self = Self(Ulid(u128::MAX));

    /// Returns the greatest id of a time before `at`.
    pub fn before(at: Timestamp) -> Self {
        Self(Ulid::from_parts(u64::try_from(at.as_millis()).unwrap_or(0), 0)).previous()
    }

    /// Returns the id directly before this one.
    pub fn previous(self) -> Self {
        Self(Ulid(self.bits().saturating_sub(1)))
    }

    /// Creates an id from its 128 bits.
    pub fn from_bits(bits: u128) -> Self {
        Self(Ulid(bits))
    }

    /// Returns whether a row may still be written under this id, see [`MAX_ID_AGE`].
    pub fn is_fresh(self, now: Timestamp) -> bool {
        now.since(self.accepted_at()) <= MAX_ID_AGE
    }

    /// Parses the 26 characters of an id.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Ulid::from_string(text)
            .map(Self)
            .map_err(|_| Invalid::new("msg_id", "must be the 26 characters of a message id"))
    }

    /// Returns the 128 bits of the id.
    pub fn bits(self) -> u128 {
        u128::from_be_bytes(self.0.to_bytes())
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = [0; ulid::ULID_LEN];
        f.write_str(self.0.array_to_str(&mut buffer))
    }
}

impl FromStr for MessageId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::parse(text)
    }
}

impl Serialize for MessageId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MessageId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_message_id_says_when_it_was_given_and_whether_to_a_group() {
        let at = Timestamp::from_millis(1_700_000_000_123);
        for random in [0, 1, u128::MAX] {
            let (single, group) = (MessageId::new(at, random), MessageId::of_group(at, random));
            assert_eq!((single.is_of_group(), group.is_of_group()), (false, true));
            assert_eq!((single.accepted_at(), group.accepted_at()), (at, at));
        }
    }

    #[test]
    fn the_id_of_a_group_message_points_to_its_group() {
        let at = Timestamp::from_millis(1_700_000_000_123);
        let group = |number: u32| GroupId::parse(&format!("group-{number}")).unwrap();
        for random in [0, 12_345, u128::MAX] {
            let id = MessageId::for_group(at, &group(7), random);
            assert_eq!((id.is_of_group(), id.accepted_at()), (true, at));
            assert!(id.may_be_for(&group(7)));
            let others = (0..1000).filter(|number| id.may_be_for(&group(*number))).count();
            assert_eq!(others, 1, "a thousand groups, and two with the same bits");
            assert!(!MessageId::new(at, id.bits()).may_be_for(&group(7)));
        }
        let [a, b] = [1, 2].map(|random| MessageId::for_group(at, &group(7), random));
        assert_ne!(a, b);
        // Stored ids contain these bits.
        let id = MessageId::for_group(at, &group(7), 0);
        assert_eq!(id.to_string(), "01HF7YAT3VXKB0000000000000");
    }

    proptest! {
        #[test]
        fn message_ids_sort_by_time_and_survive_their_text(a in 0i64..1 << 47, b in 0i64..1 << 47, r: u128) {
            let (first, second) = (MessageId::new(Timestamp::from_millis(a), r), MessageId::new(Timestamp::from_millis(b), r));
            prop_assert_eq!(MessageId::parse(&first.to_string()).unwrap(), first);
            if a != b {
                prop_assert_eq!(first.to_string() < second.to_string(), a < b);
            }
        }
    }
}

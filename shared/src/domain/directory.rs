//! The directory of an app: its users in shards, and its groups by the month of their creation. Shards and months keep
//! a partition from holding a whole app.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{id::UserId, time::Timestamp};

/// A part of an app's users, named by a hexadecimal digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shard(u8);

impl Shard {
    /// The number of shards.
    pub const COUNT: u8 = 16;
    /// The first shard.
    pub const FIRST: Self = Self(0);

    /// Returns all shards, in their order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Self)
    }

    /// Returns the shard after this one, unless it is the last.
    pub fn next(self) -> Option<Self> {
        (self.0 + 1 < Self::COUNT).then_some(Self(self.0 + 1))
    }

    /// Returns the shard of a user, by FNV-1a. Stored rows depend on it, so it must never change.
    pub fn of(user: &UserId) -> Self {
        const OFFSET: u32 = 0x811c_9dc5;
        const PRIME: u32 = 0x0100_0193;
        let hash = user.as_str().bytes().fold(OFFSET, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(PRIME));
        let folded = hash ^ (hash >> 16);
        Self((folded ^ (folded >> 8)) as u8 % Self::COUNT)
    }

    /// Returns the hexadecimal digit.
    pub fn digit(self) -> char {
        char::from_digit(self.0.into(), 16).unwrap_or('0')
    }
}

/// A month in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// The first month: no group is older.
    pub const FIRST: Self = Self { year: 2025, month: 1 };

    /// Returns the month of an instant, or [`Self::FIRST`] if the calendar does not have it.
    pub fn of(at: Timestamp) -> Self {
        let date = jiff::Timestamp::from_millisecond(at.as_millis()).map(|at| jiff::tz::Offset::UTC.to_datetime(at));
        date.map_or(Self::FIRST, |date| Self { year: date.year(), month: date.month() })
    }

    /// Returns the next month.
    pub fn next(self) -> Self {
        match self.month {
            12 => Self { year: self.year.saturating_add(1), month: 1 },
            month => Self { month: month + 1, ..self },
        }
    }

    /// Returns the previous month.
    pub fn previous(self) -> Self {
        match self.month {
            1 => Self { year: self.year.saturating_sub(1), month: 12 },
            month => Self { month: month - 1, ..self },
        }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}{:02}", self.year, self.month)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn users_spread_over_all_shards() {
        let mut sizes: BTreeMap<char, usize> = BTreeMap::new();
        for number in 0..16_000 {
            *sizes.entry(Shard::of(&UserId::parse(&format!("user-{number}")).unwrap()).digit()).or_default() += 1;
        }
        assert_eq!(sizes.keys().collect::<String>(), "0123456789abcdef");
        assert!(sizes.values().all(|size| (800..1_200).contains(size)), "{sizes:?}");
    }

    #[test]
    fn a_month_is_followed_by_the_next() {
        let month = |millis| Month::of(Timestamp::from_millis(millis));
        let last_of_2025 = month(1_767_225_599_999);
        assert_eq!(last_of_2025.to_string(), "202512");
        assert_eq!(last_of_2025.next(), month(1_767_225_600_000));
        assert_eq!(last_of_2025.next().next().to_string(), "202602");
        assert_eq!(last_of_2025.next().previous(), last_of_2025);
        assert_eq!(last_of_2025.previous().to_string(), "202511");
        assert!(Month::FIRST < last_of_2025);
    }

    #[test]
    fn a_user_keeps_the_shard() {
        let shards = ["ann", "bob", "u1"].map(|name| Shard::of(&UserId::parse(name).unwrap()).digit());
        assert_eq!(shards, ['8', '4', '2']);
    }
}

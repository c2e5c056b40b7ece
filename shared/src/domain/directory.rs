//! The directory of an app: who its users are, in shards, so that no partition holds a whole app.

use super::id::UserId;

/// A part of an app's users, named by a hexadecimal digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard(u8);

impl Shard {
    /// How many there are.
    pub const COUNT: u8 = 16;

    /// All shards, in their order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Self)
    }

    /// The shard of a user, by FNV-1a. Rows stand under it, so it never changes.
    pub fn of(user: &UserId) -> Self {
        const OFFSET: u32 = 0x811c_9dc5;
        const PRIME: u32 = 0x0100_0193;
        let hash = user.as_str().bytes().fold(OFFSET, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(PRIME));
        let folded = hash ^ (hash >> 16);
        Self((folded ^ (folded >> 8)) as u8 % Self::COUNT)
    }

    /// The digit.
    pub fn digit(self) -> char {
        char::from_digit(self.0.into(), 16).unwrap_or('0')
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
    fn a_user_keeps_the_shard() {
        let shards = ["ann", "bob", "u1"].map(|name| Shard::of(&UserId::parse(name).unwrap()).digit());
        assert_eq!(shards, ['8', '4', '2']);
    }
}

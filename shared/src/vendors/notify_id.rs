//! The number by which a phone replaces a notification, for vendors that know notifications by numbers.

use crate::crypto::encoding::sha256_bits;

/// A positive number of 31 bits that follows from the replace id.
pub fn notify_id(replace_id: &str) -> u32 {
    let first = (sha256_bits(replace_id) >> 96) as u32;
    (first & 0x7fff_ffff).max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_known_id_has_its_number() {
        // the first 32 bits of the SHA-256 of "abc" are ba7816bf
        assert_eq!(notify_id("abc"), 0x3a78_16bf);
    }

    proptest! {
        #[test]
        fn a_number_is_positive_and_always_the_same(replace_id: String) {
            let id = notify_id(&replace_id);
            prop_assert!((1..=0x7fff_ffff).contains(&id));
            prop_assert_eq!(id, notify_id(&replace_id));
        }
    }
}

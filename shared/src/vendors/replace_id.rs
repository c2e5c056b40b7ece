//! Replace ids in the forms that vendors take.

use crate::crypto::encoding::sha256_hex;

/// A positive number of 31 bits that follows from the replace id.
pub fn number(replace_id: &str) -> u32 {
    let digest = sha256_hex(replace_id.as_bytes());
    let bits = digest.get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    (bits.unwrap_or_default() & 0x7fff_ffff).max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_number_to_replace_by_is_positive_and_always_the_same(replace_id: String) {
            let id = number(&replace_id);
            prop_assert!((1..=0x7fff_ffff).contains(&id));
            prop_assert_eq!(id, number(&replace_id));
        }
    }
}

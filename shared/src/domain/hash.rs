//! A hash that is the same in every version and process. It is not cryptographic.

/// FNV-1a in 64 bits. Source: RFC 9923.
pub fn fnv_1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_hash_of_its_source() {
        assert_eq!([fnv_1a("".bytes()), fnv_1a("a".bytes())], [0xcbf2_9ce4_8422_2325, 0xaf63_dc4c_8601_ec8c]);
    }
}

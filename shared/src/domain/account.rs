//! Accounts: what an app creates when it registers a user.

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// How a user was created. A user who became known in another way, for example by a binding, has no account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// distinguishes two creations under the same name
    pub uuid: String,
    /// when the app created the user
    pub created: Timestamp,
}

impl Account {
    /// Returns an account whose UUID has these bits. The UUID has version 8, whose bits the application chooses.
    /// Source: RFC 9562, 5.8.
    pub fn new(bits: u128, created: Timestamp) -> Self {
        const VERSION: u128 = 0xf << 76;
        const VARIANT: u128 = 0b11 << 62;
        let bits = bits & !(VERSION | VARIANT) | 8 << 76 | 0b10 << 62;
        let digits = format!("{bits:032x}");
        let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| digits.get(part).unwrap_or_default());
        Self { uuid: parts.join("-"), created }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_says_which_version_and_variant_it_is() {
        let uuid = |bits| Account::new(bits, Timestamp::from_millis(0)).uuid;
        assert_eq!(uuid(0), "00000000-0000-8000-8000-000000000000");
        assert_eq!(uuid(u128::MAX), "ffffffff-ffff-8fff-bfff-ffffffffffff");
        assert_eq!(uuid(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef), "01234567-89ab-8def-8123-456789abcdef");
    }
}

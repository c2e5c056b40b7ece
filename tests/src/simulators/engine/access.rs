//! Access tokens that were issued, with the time until which each is valid.

use std::collections::BTreeMap;

/// An issued access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// The vendor.
    pub vendor: String,
    /// The identifier of the credential.
    pub credential: String,
    /// When it expires, in Unix milliseconds.
    pub expires_ms: u64,
}

/// The validity of a presented access token.
#[derive(Debug, PartialEq, Eq)]
pub enum Access<'a> {
    /// The token is valid.
    Valid(&'a AccessToken),
    /// The token has expired.
    Expired(&'a AccessToken),
    /// The vendor never issued the token.
    Unknown,
}

/// All issued access tokens.
#[derive(Debug, Default)]
pub struct AccessTokens {
    by_value: BTreeMap<String, AccessToken>,
    /// When access tokens were issued, for vendors that limit how many a client may get.
    issued_ms: BTreeMap<(String, String), Vec<u64>>,
}

impl AccessTokens {
    /// Records an issued access token.
    pub fn issue(&mut self, value: String, token: AccessToken, now_ms: u64) {
        self.issued_ms.entry((token.vendor.clone(), token.credential.clone())).or_default().push(now_ms);
        self.by_value.insert(value, token);
    }

    /// Returns the validity of an access token.
    pub fn look_up(&self, vendor: &str, value: &str, now_ms: u64) -> Access<'_> {
        match self.by_value.get(value).filter(|token| token.vendor == vendor) {
            Some(token) if token.expires_ms > now_ms => Access::Valid(token),
            Some(token) => Access::Expired(token),
            None => Access::Unknown,
        }
    }

    /// Returns how many access tokens a credential was given since `since_ms`.
    pub fn issued_since(&self, vendor: &str, credential: &str, since_ms: u64) -> usize {
        let key = (vendor.to_owned(), credential.to_owned());
        self.issued_ms.get(&key).map_or(0, |times| times.iter().filter(|at| **at >= since_ms).count())
    }

    /// Ends every access token of a vendor, or of all. They stay known as expired.
    pub fn expire(&mut self, vendor: Option<&str>) -> usize {
        let concerned = self.by_value.values_mut().filter(|token| vendor.is_none_or(|name| token.vendor == name));
        concerned.filter(|token| token.expires_ms > 0).map(|token| token.expires_ms = 0).count()
    }

    /// Ends every access token of a credential. They stay known as expired.
    pub fn expire_of(&mut self, vendor: &str, credential: &str) {
        let all = self.by_value.values_mut();
        let concerned = all.filter(|token| token.vendor == vendor && token.credential == credential);
        concerned.for_each(|token| token.expires_ms = 0);
    }

    /// Removes all access tokens.
    pub fn clear(&mut self) {
        self.by_value.clear();
        self.issued_ms.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_until_its_time_and_only_at_its_vendor() {
        let mut tokens = AccessTokens::default();
        let token = AccessToken { vendor: "one".into(), credential: "c".into(), expires_ms: 100 };
        tokens.issue("t".into(), token.clone(), 0);
        assert_eq!(tokens.look_up("one", "t", 99), Access::Valid(&token));
        assert_eq!(tokens.look_up("one", "t", 100), Access::Expired(&token));
        assert_eq!(tokens.look_up("two", "t", 99), Access::Unknown);
        assert_eq!(tokens.expire(Some("two")), 0);
        assert_eq!(tokens.expire(None), 1);
        assert!(matches!(tokens.look_up("one", "t", 1), Access::Expired(_)));
    }
}

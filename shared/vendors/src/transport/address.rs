//! Where a vendor is: its own hosts, or one base address that stands for all of them.

use reqwest::Url;
use shared::{
    domain::{invalid::Invalid, vendor::Vendor},
    ports::names::NoPort,
};

/// The setting that replaces every vendor's hosts; read it with [`BaseUrl::parse`].
pub const VENDOR_BASE_URL: &str = "VENDOR_BASE_URL";

/// An address that stands for all vendors: `{base}/{vendor}` replaces scheme and host, the path stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

impl NoPort for BaseUrl {}

impl BaseUrl {
    /// From a setting: http or https, perhaps with a path.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let usable = Url::parse(text).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none()
        });
        if !usable {
            return Err(Invalid::new(VENDOR_BASE_URL, "must be an http or https address without query"));
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }

    /// What the vendor's own address becomes.
    pub(super) fn replace(&self, vendor: Vendor, own: &Url) -> Option<Url> {
        let mut text = format!("{}/{vendor}{}", self.0, own.path());
        if let Some(query) = own.query() {
            text.push('?');
            text.push_str(query);
        }
        Url::parse(&text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_address_replaces_scheme_and_host_and_keeps_the_path() {
        let own = Url::parse("https://push.example.com/v1/a:send?x=1").unwrap();
        let replaced = |base: &str| BaseUrl::parse(base).unwrap().replace(Vendor::Fcm, &own).map(String::from);
        let expected = Some("http://127.0.0.1:4700/fcm/v1/a:send?x=1".to_owned());
        assert_eq!(replaced("http://127.0.0.1:4700"), expected);
        assert_eq!(replaced("http://127.0.0.1:4700/"), expected);
        assert_eq!(
            replaced("https://fakes.example.com/all").as_deref(),
            Some("https://fakes.example.com/all/fcm/v1/a:send?x=1")
        );
    }

    #[test]
    fn a_base_address_must_be_one() {
        for text in ["", "localhost:4700", "ftp://host", "http://host/?a=1", "http://host/#a"] {
            assert!(BaseUrl::parse(text).is_err(), "{text:?}");
        }
    }
}

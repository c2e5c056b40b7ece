//! The guard of every URL that a tenant can set, against requests into the network of the operator.
//!
//! A URL is judged twice: when it is set, and when it is used. Its host is a name or an address. The guard judges an
//! address in the URL itself. What a name stands for is judged by the resolver that the HTTP client uses, with
//! [`UrlGuard::allows`], so that the judged addresses are the ones that are connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Maximum bytes of a URL that a tenant sets.
pub const MAX_URL_BYTES: usize = 1024;
/// The lowest port beside that of https. Lower ones belong to other protocols.
const LOWEST_PORT: u16 = 1024;
const HTTPS_PORT: u16 = 443;

/// Why a URL is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefusedUrl {
    /// it cannot be parsed, or has no host
    #[error("must be a URL with a host")]
    Malformed,
    /// it is too long
    #[error("must be at most {MAX_URL_BYTES} bytes long")]
    TooLong,
    /// it has another scheme
    #[error("must begin with https://")]
    Scheme,
    /// it has a name or a password before the host
    #[error("must not contain a user name or a password")]
    UserInformation,
    /// it has a fragment
    #[error("must not contain a fragment")]
    Fragment,
    /// its port belongs to another protocol
    #[error("must use port 443, or one of 1024 to 65535")]
    Port,
    /// its host is not on the internet
    #[error("must not point to a private, local or reserved address")]
    Address,
}

/// The rules for URLs of tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UrlGuard {
    /// whether http and the machine's own addresses are allowed, for test stacks
    pub allow_local: bool,
}

/// Networks of IPv4 that are not on the internet, by first address and length of the prefix. Source: IANA, "IPv4
/// Special-Purpose Address Registry" and "IPv4 Multicast Address Space Registry".
const REFUSED_V4: [(Ipv4Addr, u8); 17] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // The metadata services of clouds are here.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(192, 175, 48, 0), 24),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Multicast, reserved, and broadcast.
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

/// The only network of IPv6 that is on the internet. So mapped, compatible, translated, unique local, link-local and
/// multicast addresses need no entry of their own. Source: IANA, "IPv6 Address Space".
const GLOBAL_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Networks within it that are not. Source: IANA, "IPv6 Special-Purpose Address Registry".
const REFUSED_V6: [(Ipv6Addr, u8); 4] = [
    // Teredo (2001::/32), benchmarks (2001:2::/48), ORCHID and other protocols.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    // 6to4 carries any IPv4 address.
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

impl UrlGuard {
    /// Returns the URL in its normal form, or why it is refused. The normal form is the one to store and to use.
    pub fn judge(self, text: &str) -> Result<Url, RefusedUrl> {
        if text.len() > MAX_URL_BYTES {
            return Err(RefusedUrl::TooLong);
        }
        let url = Url::parse(text).map_err(|_| RefusedUrl::Malformed)?;
        match url.scheme() {
            "https" => {}
            "http" if self.allow_local => {}
            _ => return Err(RefusedUrl::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(RefusedUrl::UserInformation);
        }
        if url.fragment().is_some() {
            return Err(RefusedUrl::Fragment);
        }
        let is_local = match url.host().ok_or(RefusedUrl::Malformed)? {
            Host::Domain(name) => self.judge_name(name)?,
            Host::Ipv4(address) => self.judge_address(address.into())?,
            Host::Ipv6(address) => self.judge_address(address.into())?,
        };
        let port = url.port_or_known_default().ok_or(RefusedUrl::Port)?;
        if !is_local && port != HTTPS_PORT && port < LOWEST_PORT {
            return Err(RefusedUrl::Port);
        }
        Ok(url)
    }

    /// Returns whether a request may go to this address.
    pub fn allows(self, address: IpAddr) -> bool {
        self.judge_address(address).is_ok()
    }

    /// Judges a host name. Returns whether it stands for the machine itself.
    fn judge_name(self, name: &str) -> Result<bool, RefusedUrl> {
        let name = name.trim_end_matches('.');
        let is_local = name == "localhost" || name.ends_with(".localhost");
        if name.is_empty() || (is_local && !self.allow_local) {
            return Err(RefusedUrl::Address);
        }
        Ok(is_local)
    }

    /// Judges an address. Returns whether it is the machine itself.
    fn judge_address(self, address: IpAddr) -> Result<bool, RefusedUrl> {
        if address.is_loopback() && self.allow_local {
            return Ok(true);
        }
        let refused = match address {
            IpAddr::V4(address) => REFUSED_V4.iter().any(|network| is_in_v4(address, *network)),
            IpAddr::V6(address) => {
                !is_in_v6(address, GLOBAL_V6) || REFUSED_V6.iter().any(|network| is_in_v6(address, *network))
            }
        };
        if refused { Err(RefusedUrl::Address) } else { Ok(false) }
    }
}

fn is_in_v4(address: Ipv4Addr, (first, prefix): (Ipv4Addr, u8)) -> bool {
    let other = u32::BITS - u32::from(prefix);
    address.to_bits() >> other == first.to_bits() >> other
}

fn is_in_v6(address: Ipv6Addr, (first, prefix): (Ipv6Addr, u8)) -> bool {
    let other = u128::BITS - u32::from(prefix);
    address.to_bits() >> other == first.to_bits() >> other
}

#[cfg(test)]
#[path = "url_guard_tests.rs"]
mod tests;

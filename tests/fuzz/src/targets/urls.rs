//! Addresses that tenants choose. Whatever the guard accepts, it accepts in its normal form, too.

use std::net::{IpAddr, Ipv6Addr};

use shared::domain::url_guard::UrlGuard;
use url::Host;

use crate::{input::Input, promises};

const GUARD: UrlGuard = UrlGuard { allow_local: false };

/// Judges a text as a URL, and bytes as an address.
pub(super) fn check(bytes: &[u8]) {
    if let Ok(octets) = <[u8; 16]>::try_from(bytes) {
        judged(IpAddr::V6(Ipv6Addr::from(octets)));
    }
    if let Ok(octets) = <[u8; 4]>::try_from(bytes) {
        judged(IpAddr::from(octets));
    }
    let Some(text) = Input::new(bytes).text() else { return };
    match GUARD.judge(text) {
        Ok(url) => {
            assert_eq!((url.scheme(), url.username(), url.password(), url.fragment()), ("https", "", None, None));
            assert_eq!(GUARD.judge(url.as_str()).as_ref(), Ok(&url), "the normal form is refused");
            match url.host() {
                Some(Host::Ipv4(address)) => judged_as(address.into(), true),
                Some(Host::Ipv6(address)) => judged_as(address.into(), true),
                Some(Host::Domain(name)) => {
                    let last = name.trim_end_matches('.').rsplit('.').next();
                    assert_ne!(last, Some("localhost"), "{name}");
                }
                None => panic!("an address without a host: {url}"),
            }
        }
        Err(refusal) => promises::is_short(&refusal.to_string()),
    }
}

fn judged(address: IpAddr) {
    judged_as(address, GUARD.allows(address));
}

/// No accepted address is inside. IPv6 may carry an address of IPv4 in several ways.
fn judged_as(address: IpAddr, accepted: bool) {
    let inside = |address: IpAddr| match address {
        IpAddr::V4(v4) => {
            v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_multicast()
                || v4.is_broadcast()
        }
        IpAddr::V6(v6) => {
            v6.is_loopback() || v6.is_unspecified() || v6.is_multicast() || (v6.segments()[0] & 0xfe00) == 0xfc00
        }
    };
    let carried = match address {
        IpAddr::V6(v6) => v6.to_ipv4().map(IpAddr::V4),
        IpAddr::V4(_) => None,
    };
    assert!(!accepted || (!inside(address) && !carried.is_some_and(inside)), "{address} is accepted");
}

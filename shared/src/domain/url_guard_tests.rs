use proptest::prelude::*;

use super::{RefusedUrl::*, *};

const STRICT: UrlGuard = UrlGuard { allow_local: false };
const LOCAL: UrlGuard = UrlGuard { allow_local: true };

/// URLs that no guard lets through, with the reason of a deployed stack.
const REFUSED: &[(&str, RefusedUrl)] = &[
    // The metadata services of clouds.
    ("https://169.254.169.254/latest/meta-data/", Address),
    ("https://169.254.170.2/v2/credentials", Address),
    ("https://[fd00:ec2::254]/", Address),
    ("https://100.100.100.200/", Address),
    ("https://192.0.0.192/", Address),
    ("https://[::ffff:169.254.169.254]/", Address),
    ("https://[::ffff:a9fe:a9fe]/", Address),
    // Spellings of IPv4 addresses.
    ("https://2852039166/", Address),
    ("https://0xA9FEA9FE/", Address),
    ("https://0xa9.0xfe.0xa9.0xfe/", Address),
    ("https://0251.0376.0251.0376/", Address),
    ("https://0251.254.0xa9.254/", Address),
    ("https://169.254.43518/", Address),
    ("https://169.16689662/", Address),
    ("https://10.1/", Address),
    ("https://0x0a000001/", Address),
    ("https://012.0.0.1/", Address),
    ("https://10.0.0.1./", Address),
    ("https://1%30.0.0.1/", Address),
    ("https://１０.0.0.1/", Address),
    ("https://10。0。0。1/", Address),
    ("https://①⓪.0.0.1/", Address),
    ("https://0xc0.168.1/", Address),
    ("https://3232235777/", Address),
    // Private, shared, link-local, reserved, multicast.
    ("https://0.1.2.3:8443/", Address),
    ("https://10.0.0.1/", Address),
    ("https://10.255.255.255/", Address),
    ("https://100.64.0.1/", Address),
    ("https://100.127.255.255/", Address),
    ("https://169.254.0.1/", Address),
    ("https://172.16.0.1/", Address),
    ("https://172.31.255.255/", Address),
    ("https://192.0.0.8/", Address),
    ("https://192.0.2.1/", Address),
    ("https://192.88.99.1/", Address),
    ("https://192.168.1.1/", Address),
    ("https://198.18.0.1/", Address),
    ("https://198.19.255.255/", Address),
    ("https://198.51.100.7/", Address),
    ("https://203.0.113.7/", Address),
    ("https://224.0.0.1/", Address),
    ("https://239.255.255.255/", Address),
    ("https://240.0.0.1/", Address),
    ("https://255.255.255.255/", Address),
    // IPv6: mapped, compatible, translated, tunnelled, local, multicast, documentation.
    ("https://[::]/", Address),
    ("https://[::ffff:10.0.0.1]/", Address),
    ("https://[::ffff:127.0.0.1]/", Address),
    ("https://[::ffff:8.8.8.8]/", Address),
    ("https://[0:0:0:0:0:ffff:0a00:0001]/", Address),
    ("https://[::10.0.0.1]/", Address),
    ("https://[64:ff9b::10.0.0.1]/", Address),
    ("https://[64:ff9b::8.8.8.8]/", Address),
    ("https://[64:ff9b:1::a00:1]/", Address),
    ("https://[2002:a00:1::]/", Address),
    ("https://[2002:7f00:1::1]/", Address),
    ("https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/", Address),
    ("https://[2001:2::1]/", Address),
    ("https://[2001:10::1]/", Address),
    ("https://[2001:db8::1]/", Address),
    ("https://[3fff::1]/", Address),
    ("https://[100::1]/", Address),
    ("https://[5f00::1]/", Address),
    ("https://[fc00::1]/", Address),
    ("https://[fd12:3456::1]/", Address),
    ("https://[fe80::1]/", Address),
    ("https://[fec0::1]/", Address),
    ("https://[ff02::1]/", Address),
    ("https://[::ffff:0:127.0.0.1]/", Address),
    // Zones, and what is no address at all.
    ("https://[fe80::1%25eth0]/", Malformed),
    ("https://[::1%lo]/", Malformed),
    ("https://[::1", Malformed),
    ("https://256.1.1.1/", Malformed),
    ("https://1.2.3.4.5/", Malformed),
    ("https://0x100000000/", Malformed),
    ("https:///", Malformed),
    ("https://", Malformed),
    ("https://exa mple.com/", Malformed),
    ("https://exa\u{0}mple.com/", Malformed),
    ("push.example.com/callback", Malformed),
    ("", Malformed),
    ("https://./", Address),
    // Schemes.
    ("ftp://push.example.com/", Scheme),
    ("file:///etc/passwd", Scheme),
    ("gopher://127.0.0.1:6379/_INFO", Scheme),
    ("javascript:alert(1)", Scheme),
    ("data:text/plain,x", Scheme),
    // User information, fragments, ports.
    ("https://user@push.example.com/", UserInformation),
    ("https://user:secret@push.example.com/", UserInformation),
    ("https://:secret@push.example.com/", UserInformation),
    ("https://push.example.com@10.0.0.1/", UserInformation),
    ("https://push.example.com/#part", Fragment),
    ("https://push.example.com/#", Fragment),
    ("https://push.example.com:22/", Port),
    ("https://push.example.com:25/", Port),
    ("https://push.example.com:80/", Port),
    ("https://push.example.com:1023/", Port),
    ("https://push.example.com:0/", Port),
    ("https://push.example.com:65536/", Malformed),
    ("https://8.8.8.8:53/", Port),
];

/// URLs of the machine itself, and of http: only a test stack takes them.
const LOCAL_ONLY: &[(&str, RefusedUrl)] = &[
    ("http://push.example.com:8080/", Scheme),
    ("http://127.0.0.1/", Scheme),
    ("HTTP://[::1]:9/", Scheme),
    ("https://127.0.0.1/", Address),
    ("https://127.1/", Address),
    ("https://127.255.255.254:22/", Address),
    ("https://2130706433/", Address),
    ("https://0x7f000001/", Address),
    ("https://0177.0.0.1/", Address),
    ("https://127.0.0.1./", Address),
    ("https://[::1]/", Address),
    ("https://[0:0:0:0:0:0:0:1]:81/", Address),
    ("https://localhost/", Address),
    ("https://LOCALHOST./", Address),
    ("https://api.localhost:4566/", Address),
    ("https://ｌｏｃａｌｈｏｓｔ/", Address),
    ("https:\\\\127.0.0.1\\", Address),
];

const TAKEN: &[(&str, &str)] = &[
    ("https://push.example.com", "https://push.example.com/"),
    ("https://push.example.com:443/a?b=c", "https://push.example.com/a?b=c"),
    ("HTTPS://Push.Example.com:8443/", "https://push.example.com:8443/"),
    ("https://push.example.com./", "https://push.example.com./"),
    ("https://推送.example.com/", "https://xn--jzu200h.example.com/"),
    ("https://8.8.8.8/", "https://8.8.8.8/"),
    ("https://134744072/", "https://8.8.8.8/"),
    ("https://172.32.0.1/", "https://172.32.0.1/"),
    ("https://100.128.0.1:1024/", "https://100.128.0.1:1024/"),
    ("https://223.255.255.255/", "https://223.255.255.255/"),
    ("https://[2606:4700::1111]/", "https://[2606:4700::1111]/"),
    ("https://[2a00:1450:4001:80b::200e]:65535/", "https://[2a00:1450:4001:80b::200e]:65535/"),
    ("https://10.example.com/", "https://10.example.com/"),
    ("https://localhost.example.com/", "https://localhost.example.com/"),
];

#[test]
fn no_spelling_of_an_address_that_is_not_on_the_internet_is_taken() {
    for (text, reason) in REFUSED {
        assert_eq!(STRICT.judge(text).err(), Some(*reason), "{text}");
        assert!(LOCAL.judge(text).is_err(), "{text} on a test stack");
    }
    assert!(REFUSED.len() + LOCAL_ONLY.len() > 60);
}

#[test]
fn only_a_test_stack_takes_http_and_the_machine_itself() {
    for (text, reason) in LOCAL_ONLY {
        assert_eq!(STRICT.judge(text).err(), Some(*reason), "{text}");
        assert!(LOCAL.judge(text).is_ok(), "{text}: {:?}", LOCAL.judge(text));
    }
}

#[test]
fn a_url_on_the_internet_is_taken_in_its_normal_form() {
    for (text, normal) in TAKEN {
        for guard in [STRICT, LOCAL] {
            let judged = guard.judge(text).map(String::from);
            assert_eq!(judged.as_deref(), Ok(*normal), "{text}");
            assert_eq!(guard.judge(normal).map(String::from), judged, "{normal} is judged again");
        }
    }
}

#[test]
fn a_url_has_a_bound() {
    let url = |path: usize| format!("https://push.example.com/{}", "a".repeat(path));
    assert!(STRICT.judge(&url(MAX_URL_BYTES - 25)).is_ok());
    assert_eq!(STRICT.judge(&url(MAX_URL_BYTES - 24)), Err(TooLong));
}

/// Returns an IPv4 address in the spelling that the numbers choose: parts joined from the right, each in its base.
fn spelled(address: Ipv4Addr, joined: usize, bases: [u8; 4]) -> String {
    let octets = address.octets();
    let single = 3 - joined;
    let last = octets[single..].iter().fold(0_u32, |value, octet| value << 8 | u32::from(*octet));
    let parts = octets[..single].iter().map(|octet| u32::from(*octet)).chain([last]);
    let written = parts.zip(bases).map(|(part, base)| match base {
        0 => part.to_string(),
        1 => format!("0x{part:x}"),
        _ => format!("0{part:o}"),
    });
    written.collect::<Vec<_>>().join(".")
}

proptest! {
    #[test]
    fn every_spelling_of_an_address_is_judged_like_the_address(
        bits: u32, joined in 0_usize..4, bases in prop::array::uniform4(0_u8..3), dot: bool,
    ) {
        let address = Ipv4Addr::from_bits(bits);
        let dot = if dot { "." } else { "" };
        let judged = STRICT.judge(&format!("https://{}{dot}/", spelled(address, joined, bases)));
        prop_assert_eq!(judged.is_ok(), STRICT.allows(address.into()));
        if let Ok(url) = judged {
            prop_assert_eq!(url.host(), Some(Host::<&str>::Ipv4(address)));
        }
    }

    #[test]
    fn no_address_of_ipv6_hides_one_of_ipv4(bits: u32, low: u64) {
        let v4 = Ipv4Addr::from_bits(bits);
        let [high, rest] = [bits >> 16, bits & 0xffff].map(|half| u16::try_from(half).unwrap());
        let hidden = [
            v4.to_ipv6_mapped(),
            Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, rest),
            Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, high, rest),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, rest),
            Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, rest),
            Ipv6Addr::from_bits(u128::from(Ipv6Addr::new(0x2002, high, rest, 0, 0, 0, 0, 0)) | u128::from(low)),
            Ipv6Addr::new(0x2001, 0, high, rest, 0, 0, !high, !rest),
        ];
        for address in hidden {
            prop_assert!(!STRICT.allows(address.into()), "{}", address);
            prop_assert!(LOCAL.allows(address.into()) == address.is_loopback(), "{}", address);
        }
    }

    #[test]
    fn whatever_is_taken_is_taken_again_and_has_a_host_that_is_allowed(text in "https?://\\PC{0,40}") {
        if let Ok(url) = STRICT.judge(&text) {
            prop_assert_eq!(STRICT.judge(url.as_str()), Ok(url.clone()));
            let address = match url.host() {
                Some(Host::Ipv4(address)) => Some(IpAddr::from(address)),
                Some(Host::Ipv6(address)) => Some(IpAddr::from(address)),
                _ => None,
            };
            prop_assert!(address.is_none_or(|address| STRICT.allows(address)));
        }
    }
}

use super::super::{NAME, device_token};
use super::{FORM, KEY, TOKEN, chat, send};
use crate::simulators::testing::{Caller, Got};

const SHOWN: &str = "1830442917";

fn revoke(caller: &Caller, tokens: &str, package: &str, notify_id: &str) -> Got {
    let escaped =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let fields = [("registration_ids", tokens), ("restricted_package_name", package), ("notify_id", notify_id)];
    let fields = fields.iter().filter(|(_, value)| !value.is_empty());
    let body: Vec<String> = fields.map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    caller.post("/v3/message/regid/revoke", &[("authorization", KEY), ("content-type", FORM)], body.join("&"))
}

#[test]
fn a_revoked_notification_leaves_the_named_phones_and_no_other() {
    let caller = Caller::of(NAME);
    let other = device_token();
    send(&caller, &chat(&[TOKEN, &other], &[]));
    let shown = |token: &str| caller.control.device(NAME, token).shade.len();
    assert_eq!(revoke(&caller, TOKEN, "com.example.im", "7").1["code"], 0);
    assert_eq!(shown(TOKEN), 1, "another notification");
    for _ in 0..2 {
        assert_eq!(revoke(&caller, TOKEN, "com.example.im", SHOWN).1["code"], 0, "a repeat is harmless");
    }
    assert_eq!((shown(TOKEN), shown(&other)), (0, 1));
}

#[test]
fn what_xiaomi_would_refuse_is_refused() {
    let many = vec![TOKEN; 1001].join(",");
    for (tokens, package, notify_id, code) in [
        ("", "com.example.im", SHOWN, 10016),
        (TOKEN, "", SHOWN, 10016),
        (TOKEN, "com.example.im", "", 10016),
        (many.as_str(), "com.example.im", SHOWN, 10017),
        (TOKEN, "com.example.im", "-1", 10017),
        (TOKEN, "com.example.other", SHOWN, 22022),
        ("no token", "com.example.im", SHOWN, 20301),
    ] {
        let (_, answer) = revoke(&Caller::of(NAME), tokens, package, notify_id);
        assert_eq!(answer["code"], code, "{tokens:.40} {package} {notify_id}");
    }
}

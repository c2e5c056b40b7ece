use serde_json::json;

use super::super::NAME;
use super::{TOKEN, chat, send};
use crate::simulators::engine::NewCredential;
use crate::simulators::testing::Caller;
use crate::simulators::xiaomi::account;

const NO_TEMPLATE: [(&str, &str); 2] = [("extra.template_id", ""), ("extra.template_param", "")];

#[test]
fn every_legal_value_is_accepted() {
    let caller = Caller::of(NAME);
    let title = "题".repeat(49);
    let description = "文".repeat(127);
    let cases: &[&[(&str, &str)]] = &[
        &[],
        &[("title", &title), ("description", &description)],
        &[("payload", ""), ("notify_id", ""), ("notify_type", "0"), ("time_to_live", "864000000")],
        &[("extra.notify_effect", "1"), ("extra.intent_uri", ""), ("extra.notify_foreground", "")],
        &[("extra.notify_effect", "3"), ("extra.web_uri", "https://example.com/a")],
        &[("extra.sound_uri", "android.resource://com.example.im/raw/ring")],
        &[("extra.channel_id", "107000"), NO_TEMPLATE[0], NO_TEMPLATE[1]],
        &[("extra.channel_id", ""), NO_TEMPLATE[0], NO_TEMPLATE[1], ("time_to_live", "1209600000")],
        &[("extra.callback", ""), ("extra.callback.param", ""), ("extra.callback.type", "")],
        &[("extra.callback.type", "243"), ("extra.own", "value")],
    ];
    for changes in cases {
        let (status, answer) = send(&caller, &chat(&[TOKEN], changes));
        assert_eq!(
            (status, &answer["code"], &answer["result"]),
            (200, &json!(0), &json!("ok")),
            "{changes:?}: {answer}"
        );
    }
}

#[test]
fn every_illegal_value_is_refused_with_its_code() {
    let caller = Caller::of(NAME);
    let (title, description, long) = ("题".repeat(50), "文".repeat(128), "x".repeat(4096));
    let (param, value) = ("x".repeat(65), json!({"sender": "a", "text": "长".repeat(129)}).to_string());
    let cases: &[(&[(&str, &str)], u32)] = &[
        (&[("registration_id", "")], 10016),
        (&[("registration_id", "a,,b")], 10017),
        (&[("restricted_package_name", "")], 10016),
        (&[("restricted_package_name", "com.example.other")], 22022),
        (&[("restricted_package_name", "com.example.im,com.example.other")], 22022),
        (&[("pass_through", "")], 10016),
        (&[("pass_through", "1")], 10017),
        (&[("title", "")], 10016),
        (&[("title", " \u{3000}")], 10017),
        (&[("title", &title)], 10017),
        (&[("description", &description)], 10017),
        (&[("payload", &long)], 65009),
        (&[("notify_type", "8")], 10017),
        (&[("notify_id", "-1")], 10017),
        (&[("notify_id", "2147483648")], 10017),
        (&[("notify_id", "m_9")], 10017),
        (&[("time_to_live", "864000001")], 10017),
        (&[("time_to_live", "1d")], 10017),
        (&[("extra.channel_id", "107000"), NO_TEMPLATE[0], NO_TEMPLATE[1], ("time_to_live", "86400001")], 10017),
        (&[("extra.notify_effect", "")], 10017),
        (&[("extra.notify_effect", "4")], 10017),
        (&[("extra.notify_effect", "2"), ("extra.intent_uri", "imdemo://chat")], 10017),
        (&[("extra.notify_effect", "3")], 10017),
        (&[("extra.notify_foreground", "true")], 10017),
        (&[("extra.sound_uri", "ring")], 10017),
        (&[("extra.channel_id", "999")], 27001),
        (&NO_TEMPLATE, 10017),
        (&[("extra.template_id", "")], 10016),
        (&[("extra.template_id", "P9")], 10017),
        (&[("extra.channel_id", "107000")], 10017),
        (&[("extra.template_param", "no json")], 10017),
        (&[("extra.template_param", r#"{"sender":"a"}"#)], 10017),
        (&[("extra.template_param", r#"{"sender":"a","body":"b"}"#)], 10017),
        (&[("extra.template_param", r#"{"sender":"a","text":" "}"#)], 10017),
        (&[("extra.template_param", r#"{"sender":"a","text":7}"#)], 10017),
        (&[("extra.template_param", r#"{"sender":"a","text":"好的👍"}"#)], 10017),
        (&[("extra.template_param", &value)], 10017),
        (&[("extra.callback", "push.example.com")], 65038),
        (&[("extra.callback.param", &param)], 65036),
        (&[("extra.callback.type", "246")], 10017),
        (&[("extra.callback.type", "4")], 10017),
        (&[("priority", "high")], 10017),
        (&[("extra.own", &"x".repeat(1021))], 65015),
    ];
    for (changes, code) in cases {
        let (status, answer) = send(&caller, &chat(&[TOKEN], changes));
        assert_eq!((status, &answer["code"], &answer["result"]), (200, &json!(code), &json!("error")), "{changes:?}");
        assert!(answer["reason"].is_string() && answer["data"].is_null());
        assert!(caller.last_refusal().unwrap().starts_with(&code.to_string()));
    }
    let pairs: Vec<(String, &str)> = (0..11).map(|number| (format!("extra.k{number}"), "v")).collect();
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    assert_eq!(send(&caller, &chat(&[TOKEN], &pairs)).1["code"], 65014);
    let repeated = format!("{}&title=x", chat(&[TOKEN], &[]));
    assert_eq!(send(&caller, &repeated).1["code"], 10017);
    assert_eq!(caller.control.counts().of(NAME).delivered, 0);
}

#[test]
fn a_request_names_1_to_1000_tokens() {
    let caller = Caller::of(NAME);
    assert_eq!(send(&caller, &chat(&[TOKEN; 1000], &[])).1["code"], 0);
    assert_eq!(send(&caller, &chat(&[TOKEN; 1001], &[])).1["code"], 10017);
}

#[test]
fn rules_that_came_later_can_be_switched_off() {
    let caller = Caller::of(NAME);
    let mut known = account::known();
    known.needs_notify_effect = false;
    known.needs_template = false;
    caller.control.add_credential(NewCredential::new(NAME, serde_json::to_value(known).unwrap())).unwrap();
    let changes = [("extra.notify_effect", ""), NO_TEMPLATE[0], NO_TEMPLATE[1]];
    assert_eq!(send(&caller, &chat(&[TOKEN], &changes)).1["code"], 0);
}

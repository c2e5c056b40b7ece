use serde_json::{Value, json};

use super::{XIAOMI, record};
use crate::{record::Configured, testing::object, xiaomi::rules::Account};

#[test]
fn a_record_is_stored_with_known_fields_only() {
    let mut whole = json!({
        "region": "sgp", "push_base_url": "https://fr.api.xmpush.global.xiaomi.com", "app_id": "2882303761517123456",
        "app_key": "5501712345678", "app_secret": "3kq9v7bTq0m1uY2w5x8z0A==",
        "package_names": ["com.example.im", "com.example.lite"], "default_channel_id": "107000",
        "channels": {"im": "107086", "call": "107087"},
        "templates": {"im": {"id": "P10234", "params": ["sender", "text"]}},
        "callback_url": "https://push.example.com/cb/xiaomi/9f2c",
    });
    let known = whole.clone();
    whole["vendor"] = json!("xiaomi");
    whole["channels"]["unknown"] = json!(7);
    whole["templates"]["im"]["unknown"] = json!(7);
    XIAOMI.assert_stores(whole, known);
}

#[test]
fn what_may_be_left_out_has_a_default_and_a_single_package_needs_no_list() {
    let expected =
        json!({"region": "cn", "app_secret": "3kq9v7bTq0m1uY2w5x8z0A==", "package_names": ["com.example.im"]});
    assert_eq!(XIAOMI.stored(record()).as_ref(), Ok(&expected));
    let single = json!({"app_secret": "3kq9v7bTq0m1uY2w5x8z0A==", "package_name": "com.example.im"});
    assert_eq!(XIAOMI.stored(single), Ok(expected));
}

#[test]
fn each_region_has_its_host_and_an_address_beats_it() {
    let url = |record: Value| {
        let record = object(record);
        Account::read(&record).unwrap().send_url()
    };
    for (region, host) in [
        (Value::Null, "api.xmpush.xiaomi.com"),
        (json!("cn"), "api.xmpush.xiaomi.com"),
        (json!("sgp"), "sgp-api.xmpush.global.xiaomi.com"),
        (json!("fr"), "fr-api.xmpush.global.xiaomi.com"),
        (json!("ru"), "ru-api.xmpush.global.xiaomi.com"),
        (json!("in"), "idmb-api.xmpush.global.xiaomi.com"),
    ] {
        assert_eq!(url(XIAOMI.record_with("region", region)), format!("https://{host}/v3/message/regid"));
    }
    let own = XIAOMI.record_with("push_base_url", json!("https://ru.api.xmpush.global.xiaomi.com/"));
    assert_eq!(url(own), "https://ru.api.xmpush.global.xiaomi.com/v3/message/regid");
}

#[test]
fn every_needed_field_is_missed_by_name() {
    XIAOMI.assert_needs(&["app_secret"], &[json!(7), json!([])]);
    for value in [Value::Null, json!([])] {
        assert!(XIAOMI.refusal("package_names", value).starts_with("credential.package_name is required"));
    }
    assert!(XIAOMI.refusal("templates", json!({"im": {}})).starts_with("credential.templates.im.id is required"));
}

#[test]
fn a_refusal_names_the_field_and_does_not_repeat_the_value() {
    XIAOMI.assert_refuses([
        ("region", json!("hush")),
        ("push_base_url", json!("https://hush.example.com")),
        ("app_id", json!("hush")),
        ("app_key", json!(55)),
        ("app_secret", json!("hush hush")),
        ("package_names", json!("hush")),
        ("package_names", json!(["hush-hush"])),
        ("package_names", json!(vec!["hush"; 11])),
        ("default_channel_id", json!("hush hush")),
        ("channels", json!(["hush"])),
        ("templates", json!("hush")),
        ("callback_url", json!("http://hush.example.com")),
    ]);
    let nested = XIAOMI.refusal("channels", json!({"im": "hush hush"}));
    assert_eq!(nested, "credential.channels.im must be 1 to 256 visible ASCII characters");
    let nested = XIAOMI.refusal("templates", json!({"im": {"id": "P1", "params": ["a", "b", "c"]}}));
    assert!(nested.starts_with("credential.templates.im.params must be a list of at most 2"), "{nested}");
}

#[test]
fn options_have_types_forms_and_words() {
    for click in ["intent:#Intent;component=com.example.im/.Chat;end", "https://example.com/a", "com.example.OPEN"] {
        let whole = json!({
            "channel_id": "107086", "click_action": click, "notify_type": 0, "notify_foreground": true,
            "sound_uri": "android.resource://com.example.im/raw/ring", "callback_type": 243, "unknown": {}
        });
        assert_eq!(XIAOMI.options(whole), Ok(()));
    }
    XIAOMI.assert_refuses_options([
        ("channel_id", json!(107_086), "must be a string"),
        ("click_action", json!("http://example.com"), "must be an intent, an https address or the action of an"),
        ("notify_type", json!(8), "must be a number from -1 to 7"),
        ("notify_foreground", json!(0), "must be true or false"),
        ("sound_uri", json!("ring"), "must be an android.resource:// address"),
        ("callback_type", json!(0), "must be a number from 1 to 243"),
        ("callback_type", json!(7), "must be a sum of 1, 2, 16, 32, 64 and 128"),
    ]);
}

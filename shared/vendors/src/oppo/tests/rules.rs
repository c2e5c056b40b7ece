use serde_json::json;

use super::{OPPO, record};

#[test]
fn a_record_is_stored_with_known_fields_only() {
    let mut whole = json!({
        "region": "intl", "app_id": "30012345", "app_key": "k1a2b3c4d5e6f708", "master_secret": "m9s8e7c6r5e4t3xx",
        "package_name": "com.example.im", "channels": {"im": "im_chat"}, "category_default": "IM",
        "notify_level_default": 16, "callback_url": "https://push.example.com/cb/oppo/9f2c",
        "base_url": "https://api-intl.push.oppomobile.com",
    });
    let known = whole.clone();
    whole["vendor"] = json!("oppo");
    whole["app_secret"] = json!("the app's own");
    whole["channels"]["unknown"] = json!(7);
    OPPO.assert_stores(whole, known);
}

#[test]
fn what_may_be_left_out_has_a_default() {
    let expected = json!({"region": "cn", "app_key": "k1a2b3c4d5e6f708", "master_secret": "m9s8e7c6r5e4t3xx"});
    assert_eq!(OPPO.stored(record()), Ok(expected));
}

#[test]
fn every_needed_field_is_missed_by_name() {
    OPPO.assert_needs(&["app_key", "master_secret"], &[json!(7), json!([]), json!("a b")]);
    let mixed_up = json!({"app_key": "k1a2b3c4d5e6f708", "app_secret": "hush"});
    assert_eq!(
        OPPO.stored(mixed_up).unwrap_err(),
        "credential.app_secret is the app's own: the server needs master_secret"
    );
}

#[test]
fn a_refusal_names_the_field_and_does_not_repeat_the_value() {
    OPPO.assert_refuses([
        ("region", json!("hush")),
        ("app_id", json!("hush hush")),
        ("app_key", json!("hush hush")),
        ("master_secret", json!("hush hush")),
        ("package_name", json!("hush-hush")),
        ("channels", json!("hush")),
        ("category_default", json!("hush")),
        ("notify_level_default", json!(3)),
        ("callback_url", json!("http://hush.example.com/")),
        ("callback_url", json!(format!("https://hush.example.com/{}", "x".repeat(200)))),
        ("base_url", json!("https://hush.example.com")),
        ("base_url", json!("http://api.push.oppomobile.com")),
    ]);
    let mut contradiction = OPPO.record_with("category_default", json!("NONE"));
    contradiction["notify_level_default"] = json!(2);
    assert_eq!(OPPO.stored(contradiction).unwrap_err(), "credential.notify_level_default needs a category");
    assert!(OPPO.refusal("channels", json!({"im": 7})).starts_with("credential.channels.im must be"));
}

#[test]
fn options_have_types_forms_and_words() {
    for click in ["https://example.com/a", "http://example.com", "imdemo://chat/c1?x=1", "com.example.OPEN"] {
        let whole = json!({
            "category": "ACCOUNT", "notify_level": 2, "channel_id": "im", "click_action": click, "style": 2,
            "content_limit": 200, "show_ttl": 86400, "least_ttl": 3600, "badge": true, "deduplicate": false,
            "template": {"id": "T1", "title": "name", "content": "text"}, "unknown": {}
        });
        assert_eq!(OPPO.options(whole), Ok(()), "{click}");
    }
    assert_eq!(OPPO.options(json!({"click_activity": "com.example.im.ChatActivity"})), Ok(()));
    OPPO.assert_refuses_options([
        ("category", json!("CHAT"), "must be one of: IM, "),
        ("notify_level", json!(4), "must be 1, 2 or 16"),
        ("notify_level", json!("2"), "must be a number from 1 to 16"),
        ("channel_id", json!(7), "must be a string"),
        ("click_activity", json!("no blanks"), "must be a Java name"),
        ("click_action", json!("no blanks"), "must be an address or the action of an intent filter"),
        ("click_action", json!("://x"), "must be an address"),
        ("style", json!(3), "must be a number from 1 to 2"),
        ("content_limit", json!(49), "must be a number from 50 to 200"),
        ("show_ttl", json!(0), "must be a number from 1 to 172800"),
        ("least_ttl", json!(0), "must be a number from 1 to 86400"),
        ("badge", json!(1), "must be true or false"),
        ("deduplicate", json!("no"), "must be true or false"),
        ("template", json!("T1"), "must be an object"),
    ]);
    let refusal = |value| OPPO.options(value).unwrap_err();
    assert!(refusal(json!({"template": {}})).starts_with("options.template.id is required"));
    assert_eq!(refusal(json!({"category": "NONE", "notify_level": 2})), "options.notify_level needs a category");
    let two = json!({"click_activity": "com.example.A", "click_action": "https://example.com"});
    assert_eq!(refusal(two), "options.click_action must not stand beside click_activity");
}

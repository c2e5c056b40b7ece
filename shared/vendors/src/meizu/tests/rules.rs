use serde_json::json;

use super::{MEIZU, record};

#[test]
fn a_record_is_stored_with_known_fields_only() {
    let mut whole = json!({
        "app_id": "100999", "app_secret": "0123456789abcdef0123456789abcdef", "package_name": "com.example.im",
        "notice_msg_type": 1, "receipt_url": "https://push.example.com/cb/meizu/3f9c", "receipt_access_token": "a-token",
        "base_url": "https://server-api-push.in.meizu.com",
    });
    let known = whole.clone();
    whole["vendor"] = json!("meizu");
    MEIZU.assert_stores(whole, known);
}

#[test]
fn what_may_be_left_out_has_a_default() {
    assert_eq!(
        MEIZU.stored(record()),
        Ok(json!({
            "app_id": "100999", "app_secret": "0123456789abcdef0123456789abcdef",
            "base_url": "https://server-api-push.meizu.com",
        }))
    );
}

#[test]
fn every_needed_field_is_missed_by_name() {
    MEIZU.assert_needs(&["app_id", "app_secret"], &[json!(7), json!([])]);
}

#[test]
fn a_refusal_names_the_field_and_does_not_repeat_the_value() {
    MEIZU.assert_refuses([
        ("app_id", json!("hush")),
        ("app_secret", json!("hush hush")),
        ("package_name", json!("hush-hush")),
        ("notice_msg_type", json!("hush")),
        ("notice_msg_type", json!(2)),
        ("receipt_url", json!("ftp://hush.example.com")),
        ("receipt_url", json!(format!("https://hush.example.com/{}", "x".repeat(128)))),
        ("receipt_access_token", json!("hush hush")),
        ("base_url", json!("https://hush.example.com")),
        ("base_url", json!("http://server-api-push.meizu.com/hush")),
    ]);
}

#[test]
fn options_have_types_forms_and_words() {
    let packages = |count: usize| json!(vec!["com.example.im"; count]);
    for (name, value) in [
        ("click_activity", json!("com.example.im.ui.PushOpenActivity")),
        ("click_url", json!("https://example.com/a?b=c")),
        ("click_url", json!("imdemo:chat")),
        ("restricted_package_names", packages(50)),
    ] {
        let whole = json!({
            name: value, "notice_msg_type": 0, "notice_bar_type": 2, "suspend": true, "clear_notice_bar": true,
            "vibrate": true, "lights": true, "sound": false, "receipt_type": 3, "unknown": {}
        });
        assert_eq!(MEIZU.options(whole), Ok(()));
    }
    MEIZU.assert_refuses_options([
        ("notice_msg_type", json!(2), "must be a number from 0 to 1"),
        ("notice_bar_type", json!(1), "must be 0 or 2"),
        ("notice_bar_type", json!("0"), "must be a number from 0 to 2"),
        ("click_activity", json!("no blanks"), "must be a Java name"),
        ("click_url", json!("chat"), "must be an address with a scheme"),
        ("click_url", json!("7a:chat"), "must be an address with a scheme"),
        ("click_url", json!("imdemo:"), "must be an address with a scheme"),
        ("suspend", json!(1), "must be true or false"),
        ("clear_notice_bar", json!("yes"), "must be true or false"),
        ("vibrate", json!(0), "must be true or false"),
        ("lights", json!(0), "must be true or false"),
        ("sound", json!("ping"), "must be true or false"),
        ("receipt_type", json!(0), "must be a number from 1 to 3"),
        ("restricted_package_names", json!("com.a"), "must be a list of at most 50, each a Java name"),
        ("restricted_package_names", json!(["com.a,com.b"]), "must be a list of at most 50, each a Java name"),
        ("restricted_package_names", packages(51), "must be a list of at most 50, each a Java name"),
    ]);
    let both = json!({"click_activity": "com.example.A", "click_url": "imdemo:chat"});
    assert_eq!(MEIZU.options(both).unwrap_err(), "options.click_url cannot be set beside click_activity");
}

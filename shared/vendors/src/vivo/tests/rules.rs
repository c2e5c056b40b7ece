use serde_json::json;

use super::{VIVO, record};

#[test]
fn a_record_is_stored_with_known_fields_only() {
    let mut whole = json!({
        "app_id": 105_999_001, "app_key": "key", "app_secret": "secret", "package_name": "com.example.im",
        "receipt_mode": "receipt_id", "receipt_id": "30127", "push_mode": 1, "base_url": "https://api-push.vivo.com.cn",
    });
    let known = whole.clone();
    whole["vendor"] = json!("vivo");
    whole["receipt_url"] = json!("not used by this mode");
    VIVO.assert_stores(whole, known);
}

#[test]
fn what_may_be_left_out_has_a_default() {
    let mut expected = record();
    expected["receipt_mode"] = json!("none");
    expected["push_mode"] = json!(0);
    expected["base_url"] = json!("https://api-push.vivo.com.cn");
    assert_eq!(VIVO.stored(record()).as_ref(), Ok(&expected));
    let digits = VIVO.record_with("app_id", json!("105999001"));
    assert_eq!(VIVO.stored(digits), Ok(expected), "an id in quotes is the same id");
}

#[test]
fn every_needed_field_is_missed_by_name() {
    VIVO.assert_needs(&["app_id", "app_key", "app_secret"], &[json!(-7), json!([])]);
    for (mode, field) in [("receipt_id", "receipt_id"), ("legacy_url", "receipt_url")] {
        let refusal = VIVO.refusal("receipt_mode", json!(mode));
        assert_eq!(refusal, format!("credential.{field} is required by credential.receipt_mode"));
    }
}

#[test]
fn a_refusal_names_the_field_and_does_not_repeat_the_value() {
    VIVO.assert_refuses([
        ("app_id", json!("hush")),
        ("app_id", json!(0)),
        ("app_id", json!(1.5)),
        ("app_key", json!("hush hush")),
        ("app_secret", json!("hush hush")),
        ("package_name", json!("hush-hush")),
        ("receipt_mode", json!("hush")),
        ("push_mode", json!("hush")),
        ("push_mode", json!(2)),
        ("base_url", json!("https://hush.example.com")),
        ("base_url", json!("http://api-push.vivo.com.cn")),
    ]);
    for url in ["http://hush.example.com", "hush"] {
        let mut record = VIVO.record_with("receipt_mode", json!("legacy_url"));
        record["receipt_url"] = json!(url);
        assert_eq!(VIVO.stored(record).unwrap_err(), "credential.receipt_url must be an https address");
    }
}

#[test]
fn options_have_types_forms_and_words() {
    for click in ["intent:#Intent;component=a/b.C;end", "https://example.com/a", "com.example.im.Chat", ".Chat"] {
        let whole = json!({
            "category": "TODO", "classification": 1, "notify_type": 2, "click_action": click, "wifi_only": true,
            "foreground_show": true, "add_badge": true, "push_mode": 1, "text_prefix": "新消息：", "fallback_title": "应用",
            "fallback_content": "您有新消息", "quota_hour": 23, "operation_hour": 0, "remove_inactive": false, "unknown": {},
        });
        assert_eq!(VIVO.options(whole), Ok(()));
    }
    VIVO.assert_refuses_options([
        ("category", json!("CHAT"), "must be one of: IM, "),
        ("classification", json!("1"), "must be a number from 0 to 1"),
        ("notify_type", json!(5), "must be a number from 1 to 4"),
        (
            "click_action",
            json!("http://example.com"),
            "must be an intent, an https address or the class of an activity",
        ),
        ("wifi_only", json!(1), "must be true or false"),
        ("foreground_show", json!("no"), "must be true or false"),
        ("add_badge", json!(1), "must be true or false"),
        ("push_mode", json!(2), "must be a number from 0 to 1"),
        ("text_prefix", json!("一二三四五六七八九十一"), "must be at most 10 characters long"),
        ("fallback_title", json!("题".repeat(21)), "must be at most 20 characters long"),
        ("fallback_content", json!("文".repeat(51)), "must be at most 50 characters long"),
        ("quota_hour", json!(24), "must be a number from 0 to 23"),
        ("operation_hour", json!(-1), "must be a number from 0 to 23"),
        ("remove_inactive", json!("yes"), "must be true or false"),
    ]);
    for (category, class) in [("IM", 0), ("NEWS", 1)] {
        let refusal = VIVO.options(json!({"category": category, "classification": class})).unwrap_err();
        assert_eq!(refusal, "options.classification must be the class of the category");
    }
}

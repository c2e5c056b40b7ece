use serde_json::json;

use super::{HUAWEI, record};

#[test]
fn a_record_is_stored_with_known_fields_only() {
    let mut whole = json!({
        "api": "v2", "app_id": "101234567", "project_id": "736430079244623456", "client_id": "101234567",
        "client_secret": "a+b/c=\\0123", "package_name": "com.example.im", "badge_class": "com.example.im.MainActivity",
        "receipt": {"user_name": "imcallback", "secret": "EBESEw==", "key_mode": "base64", "receipt_id": "RCP1"},
        "im_category_granted": true, "auth_url": "https://oauth-login.cloud.huawei.com/oauth2/v3/token",
        "push_base_url": "https://push-api.cloud.huawei.com",
    });
    let known = whole.clone();
    whole["vendor"] = json!("huawei");
    whole["receipt"]["unknown"] = json!(7);
    HUAWEI.assert_stores(whole, known);
}

#[test]
fn what_may_be_left_out_has_a_default() {
    assert_eq!(
        HUAWEI.stored(record()),
        Ok(json!({
            "api": "v1", "app_id": "101234567", "client_id": "101234567", "client_secret": "a+b/c=0123456789abcdef",
            "im_category_granted": false, "auth_url": "https://oauth-login.cloud.huawei.com/oauth2/v3/token",
            "push_base_url": "https://push-api.cloud.huawei.com",
        }))
    );
}

#[test]
fn every_needed_field_is_missed_by_name() {
    HUAWEI.assert_needs(&["app_id", "client_id", "client_secret"], &[json!(7), json!([])]);
    assert!(HUAWEI.refusal("api", json!("v2")).starts_with("credential.project_id is required"));
}

#[test]
fn a_refusal_names_the_field_and_does_not_repeat_the_value() {
    HUAWEI.assert_refuses([
        ("api", json!("hush")),
        ("app_id", json!("hush")),
        ("project_id", json!(736_430_079_244_623_456_u64)),
        ("client_id", json!("hush")),
        ("client_secret", json!("hush hush")),
        ("package_name", json!("hush-hush")),
        ("badge_class", json!("hush hush")),
        ("im_category_granted", json!("hush")),
        ("receipt", json!("hush")),
        ("auth_url", json!("https://hush.example.com/token")),
        ("auth_url", json!("http://oauth-login.cloud.huawei.com/token")),
        ("push_base_url", json!("https://hush.example.com")),
    ]);
    let refusal = HUAWEI.refusal("receipt", json!({"key_mode": "hush"}));
    assert_eq!(refusal, "credential.receipt.key_mode must be one of: base64, utf8");
}

#[test]
fn options_have_types_forms_and_words() {
    for click in
        ["intent://com.example.im/chat?#Intent;launchFlags=0x4000000;end", "https://example.com/a", "com.example.OPEN"]
    {
        let whole = json!({
            "category": "IM", "channel_id": "im", "importance": "LOW", "click_action": click,
            "badge_class": "com.example.im.MainActivity", "receipt_id": "RCP1", "target_user_type": 1, "collapse_key": -1,
            "unknown": {}
        });
        assert_eq!(HUAWEI.options(whole), Ok(()));
    }
    HUAWEI.assert_refuses_options([
        ("category", json!("CHAT"), "must be one of: IM, "),
        ("channel_id", json!(7), "must be a string"),
        ("importance", json!("MAX"), "must be one of: LOW, NORMAL, HIGH"),
        ("click_action", json!("http://example.com"), "must be an intent, an https address or the action of an"),
        ("click_action", json!("intent://com.example.im/chat"), "must be an intent, "),
        ("badge_class", json!("no blanks"), "must be a Java name"),
        ("target_user_type", json!(2), "must be a number from 0 to 1"),
        ("target_user_type", json!("1"), "must be a number from 0 to 1"),
        ("collapse_key", json!(101), "must be a number from -1 to 100"),
    ]);
}

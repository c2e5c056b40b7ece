use serde_json::json;

use super::{HONOR, record};

#[test]
fn a_record_is_stored_with_known_fields_only() {
    let mut whole = json!({
        "app_id": "104400001", "client_id": "6c5e1d0b7a1f4c0f9d3e2b1a00000001", "client_secret": "Ab+9/xYz==",
        "package_name": "com.example.im", "badge_class": "com.example.im.MainActivity", "service_right_granted": false,
        "auth_url": "https://iam.developer.hihonor.com/auth/token",
        "push_base_url": "https://push-api.cloud.hihonor.com", "max_tokens_per_request": 100, "max_body_bytes": 2048,
    });
    let known = whole.clone();
    whole["vendor"] = json!("honor");
    HONOR.assert_stores(whole, known);
}

#[test]
fn what_may_be_left_out_has_a_default() {
    assert_eq!(
        HONOR.stored(record()),
        Ok(json!({
            "app_id": "104400001", "client_id": "6c5e1d0b7a1f4c0f9d3e2b1a00000001", "client_secret": "Ab+9/xYz==",
            "service_right_granted": true, "auth_url": "https://iam.developer.honor.com/auth/token",
            "push_base_url": "https://push-api.cloud.honor.com", "max_tokens_per_request": 500, "max_body_bytes": 4096,
        }))
    );
}

#[test]
fn every_needed_field_is_missed_by_name() {
    HONOR.assert_needs(&["app_id", "client_id", "client_secret"], &[json!(7), json!([])]);
}

#[test]
fn the_app_id_is_not_taken_for_the_client_id() {
    let rule = "credential.client_id must be the Client ID of the push service, which is not the App ID";
    assert_eq!(HONOR.refusal("client_id", json!("104400001")), rule);
}

#[test]
fn a_refusal_names_the_field_and_does_not_repeat_the_value() {
    HONOR.assert_refuses([
        ("app_id", json!("hush")),
        ("client_id", json!("hush hush")),
        ("client_secret", json!("hush hush")),
        ("package_name", json!("hush-hush")),
        ("badge_class", json!("hush hush")),
        ("service_right_granted", json!("hush")),
        ("auth_url", json!("https://hush.example.com/token")),
        ("auth_url", json!("http://iam.developer.honor.com/auth/token")),
        ("auth_url", json!("https://push-api.cloud.honor.com/auth/token")),
        ("push_base_url", json!("https://hush.example.com")),
        ("max_tokens_per_request", json!("hush")),
        ("max_tokens_per_request", json!(1001)),
        ("max_body_bytes", json!(0)),
    ]);
}

#[test]
fn options_have_types_forms_and_words() {
    for click in ["intent://com.example.im/chat?#Intent;end", "https://example.com/a", "com.example.OPEN"] {
        let whole = json!({
            "importance": "LOW", "click_action": click, "badge_class": "com.example.im.MainActivity",
            "target_user_type": 1, "result_codes": {"404": "invalid_token", "80300002": "rejected"}, "unknown": {}
        });
        assert_eq!(HONOR.options(whole), Ok(()));
    }
    HONOR.assert_refuses_options([
        ("importance", json!("HIGH"), "must be one of: LOW, NORMAL"),
        ("click_action", json!("http://example.com"), "must be an intent, an https address or the action of an"),
        ("badge_class", json!("no blanks"), "must be a Java name"),
        ("target_user_type", json!(2), "must be a number from 0 to 1"),
        ("result_codes", json!([]), "must be an object"),
    ]);
    let unknown = HONOR.options(json!({"result_codes": {"404": "dead"}})).unwrap_err();
    let verdicts = "invalid_token, expired, credential, rate_limited, unavailable, rejected";
    assert!(unknown.starts_with(&format!("options.result_codes.404 must be one of: {verdicts}")), "{unknown}");
}

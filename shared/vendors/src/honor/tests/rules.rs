use serde_json::{Value, json};

use super::record;
use crate::{honor::VENDOR, testing::object};

fn refusal(record: Value) -> String {
    VENDOR.rules.credential(&object(record)).unwrap_err().to_string()
}

fn with(field: &str, value: Value) -> Value {
    let mut record = record();
    record[field] = value;
    record
}

#[test]
fn a_record_is_stored_with_known_fields_only() {
    let mut whole = json!({
        "app_id": "104400001", "client_id": "6c5e1d0b7a1f4c0f9d3e2b1a00000001", "client_secret": "Ab+9/xYz==",
        "package_name": "com.example.im", "badge_class": "com.example.im.MainActivity", "service_right_granted": false,
        "auth_url": "https://iam.developer.hihonor.com/auth/token",
        "push_base_url": "https://push-api.cloud.hihonor.com", "max_tokens_per_request": 100, "max_body_bytes": 2048,
    });
    let expected = whole.clone();
    whole["vendor"] = json!("honor");
    let stored = VENDOR.rules.credential(&object(whole)).unwrap();
    assert_eq!(stored, expected);
    assert_eq!(VENDOR.rules.credential(&object(stored.clone())).unwrap(), stored, "what is stored can be read again");
}

#[test]
fn what_may_be_left_out_has_a_default() {
    let stored = VENDOR.rules.credential(&object(record())).unwrap();
    assert_eq!(
        stored,
        json!({
            "app_id": "104400001", "client_id": "6c5e1d0b7a1f4c0f9d3e2b1a00000001", "client_secret": "Ab+9/xYz==",
            "service_right_granted": true, "auth_url": "https://iam.developer.honor.com/auth/token",
            "push_base_url": "https://push-api.cloud.honor.com", "max_tokens_per_request": 500, "max_body_bytes": 4096,
        })
    );
}

#[test]
fn every_needed_field_is_missed_by_name() {
    for field in ["app_id", "client_id", "client_secret"] {
        for value in [Value::Null, json!(""), json!(7), json!([])] {
            let refusal = refusal(with(field, value));
            assert!(refusal.starts_with(&format!("credential.{field} ")), "{refusal}");
        }
    }
}

#[test]
fn the_app_id_is_not_taken_for_the_client_id() {
    let rule = "credential.client_id must be the Client ID of the push service, which is not the App ID";
    assert_eq!(refusal(with("client_id", json!("104400001"))), rule);
}

#[test]
fn a_refusal_names_the_field_and_does_not_repeat_the_value() {
    for (field, value) in [
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
    ] {
        let refusal = refusal(with(field, value));
        assert!(refusal.starts_with(&format!("credential.{field} ")) && !refusal.contains("hush"), "{refusal}");
    }
}

#[test]
fn options_have_types_forms_and_words() {
    let options = |options: Value| VENDOR.rules.options(&object(options)).map_err(|invalid| invalid.to_string());
    for click in ["intent://com.example.im/chat?#Intent;end", "https://example.com/a", "com.example.OPEN"] {
        let whole = json!({
            "importance": "LOW", "click_action": click, "badge_class": "com.example.im.MainActivity",
            "target_user_type": 1, "result_codes": {"404": "invalid_token", "80300002": "rejected"}, "unknown": {}
        });
        assert_eq!(options(whole), Ok(()));
    }
    for (field, value, rule) in [
        ("importance", json!("HIGH"), " must be one of: LOW, NORMAL"),
        ("click_action", json!("http://example.com"), " must be an intent, an https address or the action of an"),
        ("badge_class", json!("no blanks"), " must be a Java name"),
        ("target_user_type", json!(2), " must be a number from 0 to 1"),
        ("result_codes", json!([]), " must be an object"),
        (
            "result_codes",
            json!({"404": "dead"}),
            ".404 must be one of: invalid_token, expired, credential, rate_limited, unavailable, rejected",
        ),
    ] {
        let refusal = options(json!({field: value})).unwrap_err();
        assert!(refusal.starts_with(&format!("options.{field}{rule}")), "{refusal}");
    }
}

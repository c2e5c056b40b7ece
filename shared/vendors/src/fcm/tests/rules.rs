use serde_json::json;

use super::{FCM, key_file};

#[test]
fn googles_key_file_is_taken_as_it_is_and_stored_with_known_fields_only() {
    FCM.assert_stores(
        key_file(),
        json!({
            "project_id": "im-demo-1234",
            "client_email": "push-sender@im-demo-1234.iam.gserviceaccount.com",
            "private_key_id": "0123456789abcdef0123456789abcdef01234567",
            "private_key_pem": key_file()["private_key"],
            "token_uri": "https://oauth2.googleapis.com/token",
            "send_base_url": "https://fcm.googleapis.com",
        }),
    );
}

#[test]
fn addresses_may_be_left_out() {
    let mut record = key_file();
    record.as_object_mut().unwrap().remove("token_uri");
    let stored = FCM.stored(record).unwrap();
    assert_eq!(stored["token_uri"], "https://oauth2.googleapis.com/token");
}

#[test]
fn every_needed_field_is_missed_by_name() {
    FCM.assert_needs(&["project_id", "client_email", "private_key_id", "private_key"], &[json!(7), json!({})]);
}

#[test]
fn a_refusal_does_not_repeat_the_value() {
    let fields = ["project_id", "client_email", "private_key", "token_uri", "send_base_url", "type", "android_package"];
    FCM.assert_refuses(fields.map(|field| (field, json!("hush \u{1}"))));
}

#[test]
fn the_key_must_be_one() {
    let refusal = FCM.refusal("private_key", json!("hush"));
    assert_eq!(refusal, "credential.private_key must be an RSA key of 2048 to 4096 bits, PKCS#8 in PEM form");
}

#[test]
fn a_project_id_cannot_lead_to_another_path() {
    for project in ["../evil", "a/b", "a?b", "a#b", "a%2fb", "UPPER"] {
        assert!(FCM.refusal("project_id", json!(project)).starts_with("credential.project_id "), "{project}");
    }
}

#[test]
fn assertions_and_messages_go_to_google_only() {
    for address in ["https://evil.example.com/token", "http://oauth2.googleapis.com/token", "https://169.254.169.254/"]
    {
        assert!(FCM.refusal("token_uri", json!(address)).starts_with("credential.token_uri "), "{address}");
        assert!(FCM.refusal("send_base_url", json!(address)).starts_with("credential.send_base_url "), "{address}");
    }
}

#[test]
fn a_server_key_is_refused_by_name() {
    for field in ["server_key", "legacy_server_key", "api_key"] {
        let refusal = FCM.stored(json!({field: "AAAA:hush"})).unwrap_err();
        assert!(refusal.starts_with(&format!("credential.{field} belongs to the legacy interface")), "{refusal}");
    }
}

#[test]
fn options_have_types_forms_and_words() {
    assert_eq!(
        FCM.options(json!({
            "channel_id": "im_message", "priority": "NORMAL", "click_action": "com.example.im.OPEN_CHAT",
            "collapse_key": "chat", "sound": "ping", "icon": "ic_chat", "color": "#00ff99",
            "analytics_label": "im-1", "unknown": [1, 2]
        })),
        Ok(())
    );
    for (field, value, rule) in [
        ("channel_id", json!(7), "must be a string"),
        ("channel_id", json!("x".repeat(257)), "must be at most 256 bytes without control characters"),
        ("priority", json!("high"), "must be one of: HIGH, NORMAL"),
        ("click_action", json!("https://example.com"), "must be a Java name of at most 256 characters"),
        ("color", json!("green"), "must be a color of the form #rrggbb"),
        ("color", json!("#12345#"), "must be a color of the form #rrggbb"),
        ("analytics_label", json!("no blanks"), "must be 1 to 50 of a-z, A-Z, 0-9, -, _, ., ~ and %"),
    ] {
        assert_eq!(FCM.options(json!({field: value})), Err(format!("options.{field} {rule}")));
    }
}

use serde_json::{Value, json};

use super::{HARMONY, key_file};
use crate::testing::test_key::{large_pem, pem};

/// What KMS encrypts at once. Source: AWS KMS API reference, "Encrypt".
const MAX_STORED_BYTES: usize = 4096;

#[test]
fn a_key_file_is_stored_with_known_fields_only_and_its_key_without_armour() {
    let key: String = pem().lines().filter(|line| !line.starts_with('-')).collect();
    HARMONY.assert_stores(
        key_file(),
        json!({
            "api": "v3", "project_id": "736430079244623456", "key_id": "f0a1b2c3d4e5f60718293a4b5c6d7e8f",
            "sub_account": "100000001", "private_key": key, "im_category_granted": false,
            "push_base_url": "https://push-api.cloud.huawei.com",
        }),
    );

    let mut renamed = key_file();
    renamed["private_key_pem"] = renamed["private_key"].take();
    assert_eq!(HARMONY.stored(renamed), HARMONY.stored(key_file()));
}

#[test]
fn a_record_with_all_fields_and_the_largest_key_fits_into_one_call_of_kms() {
    let mut whole = HARMONY.record_with("private_key", json!(large_pem()));
    whole["receipt"] = json!({
        "user_name": "u".repeat(64), "secret": "s".repeat(64), "key_mode": "base64", "receipt_id": "r".repeat(64),
    });
    whole["im_category_granted"] = json!(true);
    whole["push_base_url"] = json!("https://push-api.cloud.huawei.com");
    whole["sub_account"] = json!("1".repeat(64));
    let stored = HARMONY.stored(whole).unwrap();
    assert_eq!(stored.as_object().unwrap().len(), 8);
    let size = stored.to_string().len();
    assert!(size <= MAX_STORED_BYTES, "{size} bytes");
}

#[test]
fn every_needed_field_is_missed_by_name() {
    HARMONY.assert_needs(&["project_id", "key_id", "sub_account", "private_key"], &[json!(7), json!([])]);
}

#[test]
fn a_refusal_names_the_field_and_does_not_repeat_the_value() {
    HARMONY.assert_refuses([
        ("api", json!("hush")),
        ("project_id", json!("hush")),
        ("key_id", json!("hush hush")),
        ("sub_account", json!("hush hush")),
        ("private_key", json!("hush")),
        ("private_key", json!("hush".repeat(2000))),
        ("private_key_pem", json!("hush")),
        ("im_category_granted", json!("hush")),
        ("receipt", json!("hush")),
        ("push_base_url", json!("https://hush.example.com")),
        ("push_base_url", json!("http://push-api.cloud.huawei.com/hush")),
        ("push_base_url", json!("https://oauth-login.cloud.huawei.com/hush")),
    ]);
    let half = pem().lines().take(9).collect::<String>();
    let refusal = HARMONY.refusal("private_key", json!(half));
    assert_eq!(refusal, "credential.private_key must be an RSA key of 2048 to 4096 bits, PKCS#8 in PEM form");
}

#[test]
fn the_address_of_a_page_has_any_scheme() {
    let options = |uri: Value| HARMONY.options(json!({"uri": uri}));
    for uri in ["imdemo://chat/c_10086", "https://example.com/chat"] {
        assert_eq!(options(json!(uri)), Ok(()));
    }
    for uri in [json!("no blanks"), json!(7), json!("x".repeat(2049))] {
        assert!(options(uri).unwrap_err().starts_with("options.uri must be "));
    }
}

//! Checks our signatures against those that an independent implementation of Standard Webhooks made.
//! `infra/local/test_webhooks.py` verifies the same file by that implementation.

use std::fs;

use serde_json::Value;
use shared::{crypto::webhook::signatures, domain::time::Timestamp};

use crate::template::root;

#[test]
fn signatures_are_those_of_an_independent_implementation() {
    let text = fs::read_to_string(root().join("tests/fixtures/callbacks/signed.json")).unwrap();
    let all: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(all.len() >= 3);
    for one in all {
        let part = |name: &str| one[name].as_str().unwrap();
        let secrets: Vec<&str> =
            one["secrets"].as_array().unwrap().iter().map(|secret| secret.as_str().unwrap()).collect();
        let at = Timestamp::from_millis(part("webhook-timestamp").parse::<i64>().unwrap() * 1000 + 999);
        assert_eq!(signatures(part("webhook-id"), at, part("body").as_bytes(), &secrets), part("webhook-signature"));
    }
}

//! Promises that several targets hold the code to.

use std::fmt::Debug;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// Maximum bytes of the text of a refusal.
const REFUSAL: usize = 1024;
/// Texts of fewer characters occur in any text, so they prove nothing.
const TELLING: usize = 8;

/// Asserts that a value survives being written and read again.
pub(crate) fn survives<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let written = serde_json::to_vec(value).expect("a value that was read can be written");
    let read: T = serde_json::from_slice(&written).unwrap_or_else(|error| {
        panic!("what was written cannot be read: {error}: {}", String::from_utf8_lossy(&written))
    });
    assert_eq!(read, *value, "another value was read than was written");
}

/// Asserts that the text of a refusal is short.
pub(crate) fn is_short(refusal: &str) {
    assert!(refusal.len() <= REFUSAL, "a refusal of {} bytes: {refusal}", refusal.len());
}

/// Asserts that a text shows none of these secrets.
pub(crate) fn hides<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>) {
    for secret in secrets.into_iter().filter(|secret| secret.chars().count() >= TELLING) {
        assert!(!text.contains(secret), "a text shows {secret:?}: {text}");
    }
}

/// Returns the texts inside a value.
pub(crate) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::Object(map) => map.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

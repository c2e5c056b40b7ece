mod client;
mod merged;
mod revoke;
mod rules;
mod table;
mod template;
mod vectors;

use serde_json::{Value, json};

use crate::testing::Seen;

/// An app's record.
fn record() -> Value {
    json!({"app_secret": "3kq9v7bTq0m1uY2w5x8z0A==", "package_names": ["com.example.im"]})
}

/// The fields of a form, in their order.
fn fields(body: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
    let pairs = body.split('&').map(|pair| pair.split_once('=').unwrap());
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

/// A field of a request.
fn field(seen: &Seen, name: &str) -> Option<String> {
    fields(seen.text()).into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// The tokens of a request.
fn targets(seen: &Seen) -> Vec<String> {
    field(seen, "registration_id").unwrap().split(',').map(str::to_owned).collect()
}

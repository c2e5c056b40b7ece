//! Reads DynamoDB's JSON.

use std::collections::HashMap;

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

/// A row.
pub type Row = HashMap<String, AttributeValue>;

/// Reads a row.
pub fn item(row: &Value) -> Row {
    let attributes = row.as_object().expect("a row is an object");
    attributes.iter().map(|(name, value)| (name.clone(), attribute(value))).collect()
}

/// Returns a text attribute.
pub fn text_of(row: &Row, name: &str) -> String {
    row[name].as_s().expect("a text").clone()
}

fn attribute(value: &Value) -> AttributeValue {
    let (kind, inner) = value.as_object().and_then(|kinds| kinds.iter().next()).expect("an attribute has a kind");
    let text = || inner.as_str().expect("a text").to_owned();
    match kind.as_str() {
        "S" => AttributeValue::S(text()),
        "N" => AttributeValue::N(text()),
        "B" => AttributeValue::B(Blob::new(STANDARD.decode(text()).expect("bytes in base64"))),
        "BOOL" => AttributeValue::Bool(inner.as_bool().expect("a flag")),
        "SS" => AttributeValue::Ss(
            inner.as_array().expect("a set").iter().map(|one| one.as_str().expect("a text").to_owned()).collect(),
        ),
        "L" => AttributeValue::L(inner.as_array().expect("a list").iter().map(attribute).collect()),
        "M" => AttributeValue::M(item(inner)),
        other => panic!("there is no attribute of kind {other}"),
    }
}

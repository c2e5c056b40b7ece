//! The kinds of rows, and the names in a row: its attributes, and the fields of their JSON.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use miniz_oxide::{deflate::compress_to_vec, inflate::decompress_to_vec_with_limit};
use serde_json::Value;

use super::rows::Row;

/// Fields with free content: vendors, apps and rules choose the names in it.
const FREE: [&str; 9] =
    ["answer", "body", "ext", "options", "credential_facts", "inputs", "fields", "config", "easemob"];
/// Attributes whose JSON has free names. That of `message` has the API's names, as an app wrote them.
const FREE_ATTRIBUTES: [&str; 4] = ["options", "credential_facts", "custom", "message"];
/// An upper limit for the size of JSON in a row.
const MAX_JSON: usize = 1 << 20;

/// Returns the partition key.
pub fn pk(row: &Row) -> &str {
    text(row, "pk")
}

/// Returns the sort key.
pub fn sk(row: &Row) -> &str {
    text(row, "sk")
}

fn text<'a>(row: &'a Row, name: &str) -> &'a str {
    row[name].as_s().expect("a key is a text")
}

/// Returns the kind of a row, which its keys begin with.
pub fn kind(row: &Row) -> String {
    let (pk, sk) = (pk(row), sk(row));
    let first = pk.split('#').next().unwrap_or_default();
    let mut parts = sk.split('#');
    let (head, next, third) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    match (first, next) {
        ("dir" | "apps" | "gdir" | "label" | "callback" | "callbacks" | "due-tasks", _) => first.to_owned(),
        ("labels", Some(_)) if third.is_some() => format!("{first}/{head}#<name>#<shard>"),
        (_, Some(_)) if third == Some("ack") => format!("{first}/{head}#<id>#ack"),
        ("stat", Some("skip")) => "stat/<hh>#skip".to_owned(),
        ("stat", _) => "stat/<hh>#<vendor>".to_owned(),
        ("user", Some(part)) if ["profile", "bind", "inbox", "presence", "conv", "count"].contains(&part) => {
            format!("{first}/{head}#{part}")
        }
        (_, Some(_)) => format!("{first}/{head}#"),
        (_, None) => format!("{first}/{head}"),
    }
}

/// Returns the names in a row, without its key. Parts of attribute names behind a `#` are ids.
pub fn names(row: &Row) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (attribute, value) in row.iter().filter(|(name, _)| !["pk", "sk"].contains(&name.as_str())) {
        let name = attribute_name(attribute);
        if let Some(json) = json_of(value).filter(|_| !FREE_ATTRIBUTES.contains(&name.as_str())) {
            json_names(&json, &name, &mut found);
        }
        found.insert(name);
    }
    found
}

fn attribute_name(attribute: &str) -> String {
    attribute.split_once('#').map_or_else(|| attribute.to_owned(), |(name, _)| format!("{name}#"))
}

/// Returns whether others choose the names in a field.
pub fn is_free(field: &str) -> bool {
    FREE.contains(&field)
}

/// Adds the names of all fields below `within`.
pub fn json_names(value: &Value, within: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (field, inner) in fields {
                let name = format!("{within}.{field}");
                if !is_free(field) {
                    json_names(inner, &name, found);
                }
                found.insert(name);
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| json_names(inner, &format!("{within}[]"), found)),
        _ => {}
    }
}

/// Returns the row without this name.
pub fn without(row: &Row, name: &str) -> Row {
    let kept = row.iter().filter(|(attribute, _)| attribute_name(attribute) != name);
    kept.map(|(attribute, value)| {
        let own = attribute_name(attribute);
        (attribute.clone(), with_json(value, |json| change_json(json, &own, name, &|_| None)))
    })
    .collect()
}

/// Returns the row with other numbers under this name.
pub fn with_other_numbers(row: &Row, name: &str) -> Row {
    let other = |number: &str| number.parse::<i64>().map(|number| (number + 1).to_string());
    let change = |(attribute, value): (&String, &AttributeValue)| {
        let is_meant = attribute_name(attribute) == name;
        let changed = match value {
            AttributeValue::N(number) if is_meant => {
                other(number).map(AttributeValue::N).unwrap_or_else(|_| value.clone())
            }
            _ => with_json(value, |json| {
                change_json(json, &attribute_name(attribute), name, &other_number);
            }),
        };
        (attribute.clone(), changed)
    };
    row.iter().map(change).collect()
}

fn other_number(value: &Value) -> Option<Value> {
    Some(value.as_i64().map_or_else(|| value.clone(), |number| Value::from(number + 1)))
}

/// Replaces the values under this name. A value without a replacement is removed.
fn change_json(value: &mut Value, within: &str, name: &str, replaced: &dyn Fn(&Value) -> Option<Value>) {
    match value {
        Value::Object(fields) => {
            for (field, mut inner) in std::mem::take(fields) {
                let own = format!("{within}.{field}");
                change_json(&mut inner, &own, name, replaced);
                if let Some(kept) = if own == name { replaced(&inner) } else { Some(inner) } {
                    fields.insert(field, kept);
                }
            }
        }
        Value::Array(list) => {
            list.iter_mut().for_each(|inner| change_json(inner, &format!("{within}[]"), name, replaced));
        }
        _ => {}
    }
}

fn with_json(value: &AttributeValue, change: impl Fn(&mut Value)) -> AttributeValue {
    match json_of(value) {
        Some(mut json) => {
            change(&mut json);
            stored_as(value, &json)
        }
        None => value.clone(),
    }
}

/// Returns the JSON in an attribute, compressed or not.
fn json_of(value: &AttributeValue) -> Option<Value> {
    let json: Value = match value {
        AttributeValue::S(text) => serde_json::from_str(text).ok()?,
        AttributeValue::B(bytes) => {
            serde_json::from_slice(&decompress_to_vec_with_limit(bytes.as_ref(), MAX_JSON).ok()?).ok()?
        }
        _ => return None,
    };
    (json.is_object() || json.is_array()).then_some(json)
}

fn stored_as(before: &AttributeValue, json: &Value) -> AttributeValue {
    let text = json.to_string();
    match before {
        AttributeValue::B(_) => AttributeValue::B(Blob::new(compress_to_vec(text.as_bytes(), 6))),
        _ => AttributeValue::S(text),
    }
}

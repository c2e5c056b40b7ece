//! Custom data as phones take it: texts under names, or extras of an intent.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::transport::form::escaped;

/// Every value as a text; what is null is left out.
pub fn strings(custom: &Map<String, Value>) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
    let text = |value| match value {
        &Value::Null => None,
        Value::String(text) => Some(Cow::Borrowed(text.as_str())),
        other => Some(Cow::Owned(other.to_string())),
    };
    custom.iter().filter_map(move |(key, value)| Some((key.as_str(), text(value)?)))
}

/// Whether a text is an intent in the form of an address.
pub fn is_intent(text: &str) -> bool {
    text.starts_with("intent:") && text.contains("#Intent;") && text.ends_with(";end")
}

/// The intent with custom data as string extras, which stand before its `end`
/// (<https://developer.android.com/reference/android/content/Intent#toUri(int)>).
pub fn with_extras(intent: &str, custom: &Map<String, Value>) -> String {
    let mut text = intent.strip_suffix("end").unwrap_or(intent).to_owned();
    for (key, value) in strings(custom) {
        text.push_str(&format!("S.{}={};", escaped(key), escaped(&value)));
    }
    text + "end"
}

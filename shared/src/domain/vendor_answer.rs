//! What a vendor answered, for a person who tests a notifier.

use std::fmt;

use serde_json::Value;

/// Bytes shown of an answer that is no JSON.
const SHOWN: usize = 2048;

/// A vendor's answer as it came. It is parsed when somebody looks at it, because nobody looks at the answer to a message.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct VendorAnswer {
    body: Vec<u8>,
    secrets: Vec<String>,
}

impl VendorAnswer {
    /// Keeps an answer, of which `secrets` are never shown.
    pub fn new(body: Vec<u8>, secrets: &[&str]) -> Self {
        Self { body, secrets: secrets.iter().map(|&secret| secret.to_owned()).collect() }
    }

    /// Returns the answer without its secrets: parsed where it is JSON, else the first part of its text. No answer is `Null`.
    pub fn shown(&self) -> Value {
        let answer = match serde_json::from_slice(&self.body) {
            Ok(answer) => hidden(answer, &self.secrets),
            Err(_) => {
                // A secret that the cut would halve is gone before it.
                let mut text = without(String::from_utf8_lossy(&self.body).into_owned(), &self.secrets);
                text.truncate(text.floor_char_boundary(SHOWN));
                Value::String(text)
            }
        };
        if answer == Value::String(String::new()) { Value::Null } else { answer }
    }
}

/// Shows the length only, because the body may hold a secret.
impl fmt::Debug for VendorAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VendorAnswer({} bytes)", self.body.len())
    }
}

/// Returns a value without these secrets, which a vendor may also use as names of fields.
fn hidden(value: Value, secrets: &[String]) -> Value {
    match value {
        Value::String(text) => Value::String(without(text, secrets)),
        Value::Array(values) => values.into_iter().map(|value| hidden(value, secrets)).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (without(name, secrets), hidden(value, secrets)));
            Value::Object(fields.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

fn without(text: String, secrets: &[String]) -> String {
    let present = secrets.iter().filter(|secret| !secret.is_empty() && text.contains(secret.as_str()));
    present.fold(text.clone(), |text, secret| text.replace(secret.as_str(), "***"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(body: &[u8], secrets: &[&str]) -> Value {
        VendorAnswer::new(body.to_vec(), secrets).shown()
    }

    #[test]
    fn an_answer_is_shown_without_secrets() {
        let body = br#"{"error":"bad token s3cret","list":["s3cret"],"code":4}"#;
        assert_eq!(shown(body, &["s3cret", ""]), json!({"error": "bad token ***", "list": ["***"], "code": 4}));
        assert_eq!(shown(b"<html>s3cret</html>", &["s3cret"]), json!("<html>***</html>"));
        assert_eq!(shown(br#"{"s3cret": {"a s3cret": 1}}"#, &["s3cret"]), json!({"***": {"a ***": 1}}));
        let halved = format!("{}s3cret", "x".repeat(2045));
        assert_eq!(shown(halved.as_bytes(), &["s3cret"]), json!(format!("{}***", "x".repeat(2045))));
        assert_eq!(shown(b"", &[]), Value::Null);
    }

    #[test]
    fn a_log_shows_the_length_only() {
        assert_eq!(format!("{:?}", VendorAnswer::new(b"s3cret".to_vec(), &["s3cret"])), "VendorAnswer(6 bytes)");
    }
}

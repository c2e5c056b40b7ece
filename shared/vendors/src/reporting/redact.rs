//! Takes secrets out of the codes of a vendor's answer. A vendor, or a proxy before it, may send back what it got.
//!
//! Codes go into outcomes, and from there into traces, receipts, callbacks and logs.

use std::collections::HashMap;

use serde_json::Value;
use shared::domain::outcome::{CallError, Outcome};

use crate::transport::MASK;

/// Minimum bytes of a secret. A shorter text may be part of any code.
const MIN_SECRET: usize = 8;
/// So many bytes of a secret are as good as all of it: a code may be cut.
const PART: usize = 16;

/// The texts that no code may show.
#[derive(Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// Returns all texts of a credential's record.
    pub fn of_record(record: &Value) -> Self {
        let mut secrets = Self::default();
        secrets.add_texts(record);
        secrets
    }

    /// Adds a text, unless it is too short.
    pub fn add(&mut self, text: &str) {
        if text.len() >= MIN_SECRET {
            self.0.push(text.to_owned());
        }
    }

    fn add_texts(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.add(text),
            Value::Array(values) => values.iter().for_each(|value| self.add_texts(value)),
            Value::Object(fields) => fields.values().for_each(|value| self.add_texts(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Masks the code of a failed call, if it shows a secret.
    pub fn redact_error(&self, error: &mut CallError) {
        let (CallError::Credential { code }
        | CallError::CredentialOrToken { code }
        | CallError::RateLimited { code, .. }
        | CallError::Unavailable { code, .. }
        | CallError::QuotaUsedUp { code, .. }
        | CallError::Ambiguous { code }
        | CallError::Rejected { code }
        | CallError::Protocol { code }) = error;
        if self.are_shown_by(code) {
            MASK.clone_into(code);
        }
    }

    /// Masks those codes of outcomes that show a secret. Most outcomes of a call share a code, so each code is judged once.
    pub fn redact_outcomes(&self, outcomes: &mut [Outcome]) {
        let mut judged: HashMap<String, bool> = HashMap::new();
        for code in outcomes.iter_mut().filter_map(code) {
            let is_shown = *judged.entry(code.clone()).or_insert_with(|| self.are_shown_by(code));
            if is_shown {
                MASK.clone_into(code);
            }
        }
    }

    fn are_shown_by(&self, code: &str) -> bool {
        self.0.iter().any(|secret| shows(code, secret))
    }
}

fn code(outcome: &mut Outcome) -> Option<&mut String> {
    match outcome {
        Outcome::Unregistered { code, .. }
        | Outcome::QuotaUsedUp { code, .. }
        | Outcome::CredentialOrToken { code }
        | Outcome::Refused { code }
        | Outcome::Transient { code, .. } => Some(code),
        Outcome::Accepted { .. } | Outcome::Deferred => None,
    }
}

/// Returns whether a code has a secret in it, or a part of one.
fn shows(code: &str, secret: &str) -> bool {
    let (code, part) = (code.as_bytes(), secret.len().min(PART));
    code.windows(part).any(|shown| secret.as_bytes().windows(part).any(|hidden| shown == hidden))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn redacted(code: &str) -> String {
        let mut secrets = Secrets::of_record(&json!({"id": "short", "keys": [{"secret": "0123456789abcdefghij"}]}));
        secrets.add("of-a-token");
        let mut error = CallError::Rejected { code: code.to_owned() };
        secrets.redact_error(&mut error);
        error.code().to_owned()
    }

    #[test]
    fn a_code_that_shows_a_secret_or_a_long_part_of_it_is_masked() {
        for code in ["0123456789abcdefghij", "code 23456789abcdefgh", "of-a-token", "<of-a-token>"] {
            assert_eq!(redacted(code), MASK, "{code}");
        }
    }

    #[test]
    fn other_codes_stay_as_they_are() {
        for code in ["UNREGISTERED", "short", "0123456789", "HTTP 503", ""] {
            assert_eq!(redacted(code), code);
        }
    }
}

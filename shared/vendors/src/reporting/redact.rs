//! Takes secrets out of the codes and message ids of a vendor's answer. A vendor, or a proxy before it, may send back what
//! it got.
//!
//! Both go into outcomes, and from there into traces, callbacks and logs. A code is masked. A message id is left out,
//! because a mask would be one id for many messages.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use shared::domain::outcome::{CallError, Outcome};

use crate::transport::MASK;

/// Minimum bytes of a secret. A shorter text may be part of any code.
const MIN_SECRET: usize = 8;
/// So many bytes of a secret are as good as all of it: a code may be cut.
const PART: usize = 16;

/// The texts that no code and no message id may show.
#[derive(Default)]
pub struct Secrets {
    /// texts of less than [`PART`] bytes
    short: Vec<String>,
    /// the parts of all longer texts
    parts: HashSet<[u8; PART]>,
    /// ids in the credential, such as that of a project or an app; vendors make message ids from them
    ids: Vec<String>,
}

impl Secrets {
    /// Returns all texts of a credential's record.
    pub fn of_record(record: &Value) -> Self {
        let fields = record.as_object().into_iter().flatten().filter(|(name, _)| name.ends_with("_id"));
        let ids = fields.filter_map(|(_, value)| value.as_str()).map(str::to_owned).collect();
        let mut secrets = Self { ids, ..Self::default() };
        secrets.add_texts(record);
        secrets
    }

    /// Adds a text, unless it is too short.
    pub fn add(&mut self, text: &str) {
        match text.len() {
            ..MIN_SECRET => {}
            MIN_SECRET..PART => self.short.push(text.to_owned()),
            PART.. => self.parts.extend(parts(text)),
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

    /// Masks those codes of outcomes that show a secret, and leaves out such message ids. Most outcomes of a call share
    /// them, so each is judged once.
    pub fn redact_outcomes(&self, outcomes: &mut [Outcome]) {
        let mut codes: HashMap<String, bool> = HashMap::new();
        let mut ids: HashMap<String, bool> = HashMap::new();
        for outcome in outcomes {
            match outcome {
                Outcome::Accepted { vendor_message_id } => {
                    let is_shown = |id: &String| {
                        *ids.entry(id.clone()).or_insert_with(|| self.are_shown_by(&self.without_ids(id)))
                    };
                    if vendor_message_id.as_ref().is_some_and(is_shown) {
                        *vendor_message_id = None;
                    }
                }
                Outcome::Unregistered { code, .. }
                | Outcome::QuotaUsedUp { code, .. }
                | Outcome::CredentialOrToken { code }
                | Outcome::Refused { code }
                | Outcome::Transient { code, .. } => {
                    if *codes.entry(code.clone()).or_insert_with(|| self.are_shown_by(code)) {
                        MASK.clone_into(code);
                    }
                }
                Outcome::Deferred => {}
            }
        }
    }

    /// Returns a message id without the credential's ids, which are no secrets.
    fn without_ids(&self, message_id: &str) -> String {
        self.ids.iter().fold(message_id.to_owned(), |left, id| left.replace(id, ""))
    }

    /// Returns whether a text has a secret in it, or a part of one.
    fn are_shown_by(&self, text: &str) -> bool {
        self.short.iter().any(|secret| text.contains(secret)) || parts(text).any(|part| self.parts.contains(&part))
    }
}

/// Returns all parts of a text; none of a text that is too short.
fn parts(text: &str) -> impl Iterator<Item = [u8; PART]> {
    text.as_bytes().windows(PART).filter_map(|part| part.try_into().ok())
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

    fn id_left(id: &str) -> Option<String> {
        let key = "of-my-chat-project-1a2b3c4d the key";
        let ids = json!({"project_id": "my-chat-project-1a2b3c4d", "app_id": "30012345", "key": key});
        let mut secrets = Secrets::of_record(&ids);
        secrets.add("a-device-token-of-32-characters-");
        let mut outcomes = [Outcome::Accepted { vendor_message_id: Some(id.to_owned()) }];
        secrets.redact_outcomes(&mut outcomes);
        let [Outcome::Accepted { vendor_message_id }] = outcomes else { unreachable!("it stays accepted") };
        vendor_message_id
    }

    #[test]
    fn a_message_id_that_shows_a_secret_or_the_device_token_is_left_out() {
        for id in ["a-device-token-of-32-characters-", "7:device-token-of-32-char", "projects/x/1a2b3c4d the key"] {
            assert_eq!(id_left(id), None, "{id}");
        }
    }

    #[test]
    fn a_message_id_may_name_the_project_or_the_app() {
        let of_project = "projects/my-chat-project-1a2b3c4d/messages/0:1500415314455276%31bd1c9631bd1c96";
        for id in [of_project, "30012345-1-1-659f0c2e4b7a", "slm1", ""] {
            assert_eq!(id_left(id).as_deref(), Some(id));
        }
    }
}

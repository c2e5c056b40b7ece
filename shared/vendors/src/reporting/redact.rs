//! Takes secrets out of the codes and message ids of a vendor's answer. A vendor, or a proxy before it, may send back what
//! it got.
//!
//! Both go into outcomes, and from there into traces, callbacks and logs. A code is masked. A message id is left out,
//! because a mask would be one id for many messages.

use std::collections::HashMap;

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
    secrets: Vec<String>,
    /// ids in the credential, such as that of a project or an app; vendors make message ids from them
    ids: Vec<String>,
}

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
            self.secrets.push(text.to_owned());
        }
    }

    fn add_texts(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.add(text),
            Value::Array(values) => values.iter().for_each(|value| self.add_texts(value)),
            Value::Object(fields) => fields.iter().for_each(|(name, value)| match value.as_str() {
                Some(id) if name.ends_with("_id") && id.len() >= MIN_SECRET => self.ids.push(id.to_owned()),
                _ => self.add_texts(value),
            }),
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
    pub fn redact_codes(&self, outcomes: &mut [Outcome]) {
        let mut judged: HashMap<String, bool> = HashMap::new();
        for code in outcomes.iter_mut().filter_map(code) {
            let is_shown = *judged.entry(code.clone()).or_insert_with(|| self.are_shown_by(code));
            if is_shown {
                MASK.clone_into(code);
            }
        }
    }

    /// Leaves out the message ids that show a secret, or the device token of the same push. An id comes as the vendor sent
    /// it, so it is compared with whole texts and with their beginning.
    pub fn redact_message_ids<'t>(&self, outcomes: &mut [Outcome], tokens: impl Iterator<Item = &'t str>) {
        let may_show_secret = self.may_be_named_in(outcomes);
        for (outcome, token) in outcomes.iter_mut().zip(tokens) {
            if let Outcome::Accepted { vendor_message_id } = outcome {
                vendor_message_id.take_if(|id| names(id, token) || (may_show_secret && self.are_named_by(id)));
            }
        }
    }

    /// Returns whether some message id may show a secret, as one does that has the first part of one. Every push passes here,
    /// and a search in all ids together costs a fraction of a search in each.
    fn may_be_named_in(&self, outcomes: &[Outcome]) -> bool {
        let mut all = String::new();
        let mut last = "";
        for id in outcomes.iter().filter_map(message_id) {
            // The tokens of a request often share an id.
            if id == last {
                continue;
            }
            all.extend([id, "\n"]);
            last = id;
        }
        self.secrets.iter().any(|secret| all.contains(&secret[..secret.floor_char_boundary(PART)]))
    }

    fn are_named_by(&self, id: &str) -> bool {
        self.secrets.iter().any(|secret| names(id, secret))
    }

    fn are_shown_by(&self, code: &str) -> bool {
        self.secrets.iter().chain(&self.ids).any(|secret| shows(code, secret))
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

fn message_id(outcome: &Outcome) -> Option<&str> {
    match outcome {
        Outcome::Accepted { vendor_message_id } => vendor_message_id.as_deref(),
        _ => None,
    }
}

/// Returns whether a code has a secret in it, or a part of one.
fn shows(code: &str, secret: &str) -> bool {
    let (code, part) = (code.as_bytes(), secret.len().min(PART));
    code.windows(part).any(|shown| secret.as_bytes().windows(part).any(|hidden| shown == hidden))
}

/// Returns whether a message id has a secret in it, or is the beginning of one.
fn names(id: &str, secret: &str) -> bool {
    let room = (MIN_SECRET..=id.len()).contains(&secret.len());
    (room && id.contains(secret)) || is_beginning(id, secret)
}

fn is_beginning(id: &str, secret: &str) -> bool {
    id.len() >= PART && secret.starts_with(id)
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
        secrets.add("an-access-token-of-a-vendor");
        let mut outcomes = [Outcome::Accepted { vendor_message_id: Some(id.to_owned()) }];
        secrets.redact_message_ids(&mut outcomes, ["a-device-token-of-32-characters-"].into_iter());
        let [Outcome::Accepted { vendor_message_id }] = outcomes else { unreachable!("it stays accepted") };
        vendor_message_id
    }

    #[test]
    fn a_message_id_that_shows_a_secret_or_the_device_token_is_left_out() {
        for id in [
            "7:a-device-token-of-32-characters-",
            "a-device-token-of-32",
            "projects/x/of-my-chat-project-1a2b3c4d the key",
            "Bearer an-access-token-of-a-vendor",
            "an-access-token-of",
        ] {
            assert_eq!(id_left(id), None, "{id}");
        }
    }

    #[test]
    fn of_many_message_ids_only_those_are_left_out_that_show_a_secret() {
        let secrets = Secrets::of_record(&json!({"key": "0123456789abcdef的ghij"}));
        let ids = ["same", "same", "0123456789abcdef", "same", "x0123456789abcdef的ghij", "0123456789abcdefgh", "last"];
        let accepted = |id: &str| Outcome::Accepted { vendor_message_id: Some(id.to_owned()) };
        let mut outcomes = ids.map(accepted);
        secrets.redact_message_ids(&mut outcomes, ids.map(|_| "token").into_iter());
        let left: Vec<Option<&str>> = outcomes.iter().map(message_id).collect();
        let same = Some("same");
        assert_eq!(left, [same, same, None, same, None, Some("0123456789abcdefgh"), Some("last")]);
    }

    #[test]
    fn a_message_id_may_name_the_project_or_the_app() {
        let of_project = "projects/my-chat-project-1a2b3c4d/messages/0:1500415314455276%31bd1c9631bd1c96";
        for id in [of_project, "30012345-1-1-659f0c2e4b7a", "slm1", ""] {
            assert_eq!(id_left(id).as_deref(), Some(id));
        }
    }
}

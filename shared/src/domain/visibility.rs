//! Masking: the parts of a trace that a reader may see. All masking happens here.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    content::MISSING_TEMPLATE,
    decision::{PUSH_FILTER, list_lengths},
};

/// Maximum readable characters at the end of a device token; never more than a quarter of the token.
const MAX_SHOWN: usize = 6;
/// Trace inputs that the product wrote, or that the reader already knows from the question. All others are masked.
const SHOWN_INPUTS: [&str; 25] = [
    "bindings",
    "class",
    "cut",
    "disabled",
    "ended_gateways",
    "expires_at",
    "forced",
    "interval",
    "kicked_devices",
    "level",
    "limit",
    "local_time",
    "members",
    "mentioned",
    "missing_args",
    "mode",
    "notifiers",
    "online_devices",
    "policy",
    "source",
    "strategy",
    "template",
    "time_zone",
    "unanswered_devices",
    "until",
];
/// Replaces what is masked.
const MASK: &str = "***";

/// How much a reader may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// everything that the route shows
    Full,
    /// no text of a message or notification, no device token, no secret address
    Masked,
}

impl Visibility {
    /// Returns a device token, or `***` and its last characters: at most six, and at most a quarter of it. They
    /// distinguish two devices.
    pub fn device_token(self, token: &str) -> String {
        match self {
            Self::Full => token.to_owned(),
            Self::Masked => {
                let length = token.chars().count();
                let hidden = length - MAX_SHOWN.min(length / 4);
                MASK.chars().chain(token.chars().skip(hidden)).collect()
            }
        }
    }

    /// Returns a text, or its number of characters.
    pub fn text(self, text: &str) -> Value {
        match self {
            Self::Full => json!(text),
            Self::Masked => json!(text.chars().count()),
        }
    }

    /// Returns a value as JSON, or its number of bytes as compact JSON.
    pub fn json(self, value: &impl Serialize) -> Value {
        let shown = json!(value);
        match self {
            Self::Full => shown,
            Self::Masked => json!(shown.to_string().len()),
        }
    }

    /// Returns a rule's inputs. Masking replaces free texts of the sender, and inputs that this version does not know,
    /// by their lengths.
    pub fn rule_inputs(self, inputs: &Map<String, Value>) -> Map<String, Value> {
        let shown = |name: &str, value: &Value| match name {
            PUSH_FILTER => list_lengths(value),
            MISSING_TEMPLATE => self.text(value.as_str().unwrap_or_default()),
            name if SHOWN_INPUTS.contains(&name) => value.clone(),
            _ => self.json(value),
        };
        match self {
            Self::Full => inputs.clone(),
            Self::Masked => inputs.iter().map(|(name, value)| (name.clone(), shown(name, value))).collect(),
        }
    }

    /// Returns a value that is wholly secret, or `None`.
    pub fn secret<T>(self, value: T) -> Option<T> {
        match self {
            Self::Full => Some(value),
            Self::Masked => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_token_shows_at_most_six_characters_and_at_most_a_quarter() {
        let masked = |token: &str| Visibility::Masked.device_token(token);
        assert_eq!(masked("abcdefghijklmnopqrstuvwxyz0123456789"), "***456789");
        assert_eq!(masked("abcdefghijkl"), "***jkl");
        assert_eq!(masked("abcdefgh"), "***gh");
        assert_eq!((masked("abc").as_str(), masked("").as_str()), ("***", "***"));
        assert_eq!(masked("\u{e4}\u{f6}\u{fc}\u{df}"), "***\u{df}");
        for length in 0..200 {
            let shown = masked(&"x".repeat(length)).len() - MASK.len();
            assert!(shown <= MAX_SHOWN && shown * 4 <= length, "{shown} of {length}");
        }
        assert_ne!(masked(&format!("{}one", "x".repeat(30))), masked(&format!("{}two", "x".repeat(30))));
    }

    #[test]
    fn a_masked_text_is_its_characters_and_a_masked_value_its_bytes() {
        assert_eq!(Visibility::Masked.text("\u{4f60}\u{597d}"), json!(2));
        assert_eq!(Visibility::Masked.json(&json!({"a": "\u{4f60}"})), json!(r#"{"a":"___"}"#.len()));
        assert_eq!(Visibility::Masked.secret("path"), None);
    }

    #[test]
    fn masked_inputs_keep_what_the_product_wrote_and_count_what_the_sender_wrote() {
        let filter = json!({"accept_device_id": ["a", "b"], "ignore_device_id": 3, "note": "text", "ignore_notifier_name": "text"});
        let inputs =
            json!({"em_push_filter": filter, "missing_template": "text", "source": "style", "of_tomorrow": ["text"]});
        let masked = json!({
            "em_push_filter": {"accept_device_id": 2, "ignore_device_id": 3}, "missing_template": 4, "source": "style",
            "of_tomorrow": r#"["text"]"#.len(),
        });
        let inputs = inputs.as_object().unwrap();
        assert_eq!(json!(Visibility::Masked.rule_inputs(inputs)), masked);
        assert_eq!(Visibility::Full.rule_inputs(inputs), *inputs);
    }

    #[test]
    fn who_sees_everything_sees_it_unchanged() {
        assert_eq!(Visibility::Full.device_token("token"), "token");
        assert_eq!(Visibility::Full.text("hello"), json!("hello"));
        assert_eq!(Visibility::Full.json(&json!([1])), json!([1]));
        assert_eq!(Visibility::Full.secret("path"), Some("path"));
    }
}

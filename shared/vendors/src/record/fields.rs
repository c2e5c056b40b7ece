//! Reading what an operator configures: credential records and options. A refusal names the field and the rule, never the
//! value; fields that nobody asks for are ignored.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};
use shared::domain::invalid::Invalid;

/// An object under its place in the request, for example `credential`.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    place: String,
    fields: &'a Map<String, Value>,
}

/// How a text must look.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// the most bytes it may have
    pub most: usize,
    /// which bytes it may have
    pub allows: fn(&u8) -> bool,
    /// the same in words, after "must be"
    pub words: &'static str,
}

impl Shape {
    /// Visible ASCII characters.
    pub const VISIBLE: Self =
        Self { most: 256, allows: u8::is_ascii_graphic, words: "1 to 256 visible ASCII characters" };
    /// Decimal digits, as a string because they are more than a number holds.
    pub const DIGITS: Self = Self { most: 64, allows: u8::is_ascii_digit, words: "a string of 1 to 64 digits" };
    /// The name of a Java package, class or action.
    pub const JAVA_NAME: Self = Self {
        most: 256,
        allows: |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$'),
        words: "a Java name of at most 256 characters",
    };

    fn fits(&self, text: &str) -> bool {
        (1..=self.most).contains(&text.len()) && text.as_bytes().iter().all(self.allows)
    }
}

impl<'a> Fields<'a> {
    /// The fields of an object.
    pub fn new(place: &str, fields: &'a Map<String, Value>) -> Self {
        Self { place: place.to_owned(), fields }
    }

    /// A refusal of a field.
    pub fn invalid(&self, name: &str, rule: &str) -> Invalid {
        Invalid::new(format!("{}.{name}", self.place), rule)
    }

    /// The names of all fields, known or not.
    pub fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.fields.keys().map(String::as_str)
    }

    /// Whether a field is there at all.
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// An optional text of any characters but control characters. Empty counts as absent.
    pub fn text(&self, name: &str, most: usize) -> Result<Option<&'a str>, Invalid> {
        match self.string(name)? {
            Some(text) if text.len() > most || text.chars().any(char::is_control) => {
                let rule = format!("must be at most {most} bytes without control characters");
                Err(self.invalid(name, &rule))
            }
            text => Ok(text),
        }
    }

    /// An optional text of a form.
    pub fn formed(&self, name: &str, form: Shape) -> Result<Option<&'a str>, Invalid> {
        match self.string(name)? {
            Some(text) if !form.fits(text) => Err(self.invalid(name, &format!("must be {}", form.words))),
            text => Ok(text),
        }
    }

    /// A text that must be there.
    pub fn required(&self, name: &str, form: Shape) -> Result<&'a str, Invalid> {
        self.formed(name, form)?.ok_or_else(|| self.invalid(name, &format!("is required: {}", form.words)))
    }

    /// An optional one of some words.
    pub fn one_of(&self, name: &str, words: &[&'static str]) -> Result<Option<&'static str>, Invalid> {
        let Some(text) = self.string(name)? else {
            return Ok(None);
        };
        match words.iter().find(|word| **word == text) {
            Some(word) => Ok(Some(word)),
            None => Err(self.invalid(name, &format!("must be one of: {}", words.join(", ")))),
        }
    }

    /// An optional whole number.
    pub fn integer(&self, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>, Invalid> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        match value.as_i64().filter(|number| range.contains(number)) {
            Some(number) => Ok(Some(number)),
            None => {
                let rule = format!("must be a number from {} to {}", range.start(), range.end());
                Err(self.invalid(name, &rule))
            }
        }
    }

    /// An optional yes or no.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Invalid> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.invalid(name, "must be true or false")),
        }
    }

    /// A list of texts of a form; absent counts as empty.
    pub fn list(&self, name: &str, form: Shape, most: usize) -> Result<Vec<&'a str>, Invalid> {
        let wrong = || self.invalid(name, &format!("must be a list of at most {most}, each {}", form.words));
        match self.value(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) if values.len() <= most => {
                let text = |value: &'a Value| value.as_str().filter(|text| form.fits(text)).ok_or_else(wrong);
                values.iter().map(text).collect()
            }
            Some(_) => Err(wrong()),
        }
    }

    /// An optional object.
    pub fn object(&self, name: &str) -> Result<Option<Fields<'a>>, Invalid> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(Fields { place: format!("{}.{name}", self.place), fields })),
            Some(_) => Err(self.invalid(name, "must be an object")),
        }
    }

    /// An optional address of the vendor: https, one of its hosts, perhaps a plain path, nothing else. Whoever uploads a
    /// record must not be able to make the service call any other place.
    pub fn address(&self, name: &str, hosts: &[&str]) -> Result<Option<&'a str>, Invalid> {
        let Some(text) = self.string(name)? else {
            return Ok(None);
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-~:".contains(&byte);
        let behind = |host: &str| text.strip_prefix("https://")?.strip_prefix(host);
        let allowed = hosts
            .iter()
            .filter_map(|host| behind(host))
            .any(|path| path.is_empty() || path.starts_with('/') && path.bytes().all(plain));
        if !allowed {
            let rule = format!("must be an https address on {}", hosts.join(" or "));
            return Err(self.invalid(name, &rule));
        }
        Ok(Some(text))
    }

    /// A secret that must be there; whoever uses it finds out whether it is one.
    pub fn secret(&self, name: &str, most: usize) -> Result<&'a str, Invalid> {
        match self.string(name)? {
            Some(text) if text.len() <= most => Ok(text),
            Some(_) => Err(self.invalid(name, &format!("must be at most {most} bytes long"))),
            None => Err(self.invalid(name, "is required")),
        }
    }

    fn string(&self, name: &str) -> Result<Option<&'a str>, Invalid> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(_) => Err(self.invalid(name, "must be a string")),
        }
    }

    fn value(&self, name: &str) -> Option<&'a Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }
}

/// Writes a record from the fields that have a value.
pub fn record<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let known = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(known.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(value: Value, read: impl Fn(&Fields<'_>) -> Result<(), Invalid>) -> String {
        let object = json!({"x": value});
        let fields = Fields::new("credential", object.as_object().unwrap());
        read(&fields).unwrap_err().to_string()
    }

    #[test]
    fn a_refusal_names_the_field_and_the_rule_and_not_the_value() {
        assert_eq!(
            refusal(json!("hush-42 "), |f| f.required("x", Shape::DIGITS).map(drop)),
            "credential.x must be a string of 1 to 64 digits"
        );
        assert_eq!(refusal(json!(42), |f| f.required("x", Shape::DIGITS).map(drop)), "credential.x must be a string");
        assert_eq!(
            refusal(Value::Null, |f| f.required("x", Shape::DIGITS).map(drop)),
            "credential.x is required: a string of 1 to 64 digits"
        );
        assert_eq!(
            refusal(json!("hush"), |f| f.one_of("x", &["a", "b"]).map(drop)),
            "credential.x must be one of: a, b"
        );
        assert_eq!(
            refusal(json!(["1", "hush"]), |f| f.list("x", Shape::DIGITS, 2).map(drop)),
            "credential.x must be a list of at most 2, each a string of 1 to 64 digits"
        );
        assert_eq!(refusal(json!(9), |f| f.integer("x", 0..=1).map(drop)), "credential.x must be a number from 0 to 1");
    }

    #[test]
    fn an_address_must_be_https_on_a_host_of_the_vendor_and_nothing_else() {
        let hosts = ["push.example.com"];
        let accepts = |text: &str| {
            let object = json!({"x": text});
            let fields = Fields::new("credential", object.as_object().unwrap());
            fields.address("x", &hosts).is_ok()
        };
        for text in ["https://push.example.com", "https://push.example.com/", "https://push.example.com/a/v3/token"] {
            assert!(accepts(text), "{text}");
        }
        for text in [
            "http://push.example.com/token",
            "https://push.example.com.evil.org/token",
            "https://push.example.com@evil.org/token",
            "https://user@push.example.com/token",
            "https://push.example.com:8443/token",
            "https://push.example.com/token?next=evil",
            "https://push.example.com/token#evil",
            "https://push.example.com\\@evil.org/",
            "https://push.example.com/a b",
            "https://push.example.com:443",
            "HTTPS://push.example.com/",
            " https://push.example.com/",
            "https://169.254.169.254/latest",
            "//push.example.com/token",
            "push.example.com",
        ] {
            assert!(!accepts(text), "{text}");
        }
    }
}

//! Reads the fields of a JSON object; each refusal names the field and the rule.

use serde_json::{Map, Value};

use crate::domain::invalid::Invalid;

/// The fields of a request body.
#[derive(Debug, Clone, PartialEq)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// A body that must be a JSON object.
    pub fn parse(body: &[u8]) -> Result<Self, Invalid> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(map)) => Ok(Self(map)),
            Ok(_) => Err(Invalid::new("the request body", "must be a JSON object")),
            Err(error) => Err(Invalid::new(
                "the request body",
                format!("is not valid JSON (line {}, column {})", error.line(), error.column()),
            )),
        }
    }

    /// An object found inside another.
    pub fn of(map: Map<String, Value>) -> Self {
        Self(map)
    }

    /// The names of all fields, those with `null` included.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// A value as it is; `null` counts as missing.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A value as it is, `null` included.
    pub fn raw(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A text that must be there; it may be empty.
    pub fn text(&self, name: &str) -> Result<&str, Invalid> {
        self.optional_text(name)?.ok_or_else(|| Invalid::new(name, "is required"))
    }

    /// A text that may be missing.
    pub fn optional_text(&self, name: &str) -> Result<Option<&str>, Invalid> {
        self.typed(name, "must be a string", Value::as_str)
    }

    /// A flag that may be missing.
    pub fn optional_flag(&self, name: &str) -> Result<Option<bool>, Invalid> {
        self.typed(name, "must be true or false", Value::as_bool)
    }

    /// A whole number that may be missing.
    pub fn optional_integer(&self, name: &str) -> Result<Option<i64>, Invalid> {
        self.typed(name, "must be a whole number", Value::as_i64)
    }

    /// An object that must be there.
    pub fn object(&self, name: &str) -> Result<&Map<String, Value>, Invalid> {
        self.optional_object(name)?.ok_or_else(|| Invalid::new(name, "is required"))
    }

    /// An object that may be missing.
    pub fn optional_object(&self, name: &str) -> Result<Option<&Map<String, Value>>, Invalid> {
        self.typed(name, "must be an object", Value::as_object)
    }

    /// A list that must be there, with `least` to `most` entries.
    pub fn list(&self, name: &str, least: usize, most: usize) -> Result<&[Value], Invalid> {
        let list =
            self.typed(name, "must be an array", Value::as_array)?.ok_or_else(|| Invalid::new(name, "is required"))?;
        if (least..=most).contains(&list.len()) {
            Ok(list)
        } else {
            Err(Invalid::new(name, format!("must have {least} to {most} entries")))
        }
    }

    fn typed<'a, T>(
        &'a self,
        name: &str,
        rule: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Invalid> {
        self.value(name).map(|value| read(value).ok_or_else(|| Invalid::new(name, rule))).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_field_and_the_rule() {
        let fields = Fields::parse(br#"{"a":1,"b":null,"c":[1,2]}"#).unwrap();
        let said = |refused: Result<&str, Invalid>| refused.unwrap_err().to_string();
        assert_eq!(said(fields.text("a")), "a must be a string");
        assert_eq!(said(fields.text("b")), "b is required");
        assert_eq!(fields.list("c", 1, 1).unwrap_err().to_string(), "c must have 1 to 1 entries");
    }

    #[test]
    fn what_is_not_a_json_object_is_refused_with_its_place() {
        assert_eq!(Fields::parse(b"[]").unwrap_err().to_string(), "the request body must be a JSON object");
        let broken = Fields::parse(b"{\"a\":").unwrap_err().to_string();
        assert!(broken.starts_with("the request body is not valid JSON (line 1, column"), "{broken}");
    }
}

//! Reads the fields of a JSON object. Each error names the field and the rule.

use serde_json::{Map, Value};

use crate::domain::invalid::Invalid;

/// The fields of a request body.
#[derive(Debug, Clone, PartialEq)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// Parses a body that must be a JSON object.
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

    /// Returns the fields of an object inside another.
    pub fn of(map: Map<String, Value>) -> Self {
        Self(map)
    }

    /// Returns the names of all fields, including those with `null`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns a value of any type; `null` counts as absent.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// Returns a value of any type, `null` included.
    pub fn raw(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Returns a required text, which may be empty.
    pub fn text(&self, name: &str) -> Result<&str, Invalid> {
        self.optional_text(name)?.ok_or_else(|| Invalid::new(name, "is required"))
    }

    /// Returns an optional text.
    pub fn optional_text(&self, name: &str) -> Result<Option<&str>, Invalid> {
        self.typed(name, "must be a string", Value::as_str)
    }

    /// Returns an optional flag.
    pub fn optional_flag(&self, name: &str) -> Result<Option<bool>, Invalid> {
        self.typed(name, "must be true or false", Value::as_bool)
    }

    /// Returns an optional whole number.
    pub fn optional_integer(&self, name: &str) -> Result<Option<i64>, Invalid> {
        self.typed(name, "must be a whole number", Value::as_i64)
    }

    /// Returns a required object.
    pub fn object(&self, name: &str) -> Result<&Map<String, Value>, Invalid> {
        self.optional_object(name)?.ok_or_else(|| Invalid::new(name, "is required"))
    }

    /// Returns an optional object.
    pub fn optional_object(&self, name: &str) -> Result<Option<&Map<String, Value>>, Invalid> {
        self.typed(name, "must be an object", Value::as_object)
    }

    /// Returns a required list of `least` to `most` entries.
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

//! Fields of `pushMessage` by their paths, such as `message.android.category`. `null` and an empty text count as absent,
//! because the reference's skeleton has every field empty.

use serde_json::{Map, Value};

use crate::domain::invalid::Invalid;

/// An object inside `pushMessage`, with its place.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    place: &'a str,
    fields: &'a Map<String, Value>,
}

impl<'a> Part<'a> {
    /// Returns the object at this place.
    pub(super) fn new(place: &'a str, fields: &'a Map<String, Value>) -> Self {
        Self { place, fields }
    }

    /// Returns the value at a path, which is neither an object nor a list. An object on the way that is none is refused.
    pub(super) fn value(self, path: &str) -> Result<Option<&'a Value>, Invalid> {
        match self.find(path)? {
            Some(Value::Object(_) | Value::Array(_)) => Err(self.invalid(path, "must be a string or a number")),
            found => Ok(found),
        }
    }

    /// Returns the text at a path.
    pub(super) fn text(self, path: &str) -> Result<Option<&'a str>, Invalid> {
        let found = self.find(path)?;
        found.map(|value| value.as_str().ok_or_else(|| self.invalid(path, "must be a string"))).transpose()
    }

    /// Returns the number at a path. The reference's examples also write numbers as texts.
    pub(super) fn number(self, path: &str) -> Result<Option<i64>, Invalid> {
        let read = |value: &Value| value.as_i64().or_else(|| value.as_str()?.parse().ok());
        let found = self.find(path)?;
        found.map(|value| read(value).ok_or_else(|| self.invalid(path, "must be a whole number"))).transpose()
    }

    /// Returns the object at a path.
    pub(super) fn object(self, path: &str) -> Result<Option<&'a Map<String, Value>>, Invalid> {
        let found = self.find(path)?;
        found.map(|value| value.as_object().ok_or_else(|| self.invalid(path, "must be an object"))).transpose()
    }

    /// Returns the list at a path.
    pub(super) fn list(self, path: &str) -> Result<Option<&'a Vec<Value>>, Invalid> {
        let found = self.find(path)?;
        found.map(|value| value.as_array().ok_or_else(|| self.invalid(path, "must be an array"))).transpose()
    }

    /// Returns the refusal of the field at a path.
    pub(super) fn invalid(self, path: &str, rule: &str) -> Invalid {
        Invalid::new(format!("{}.{path}", self.place), rule)
    }

    fn find(self, path: &str) -> Result<Option<&'a Value>, Invalid> {
        let mut fields = self.fields;
        let mut walked = 0;
        loop {
            let rest = &path[walked..];
            let name = rest.split('.').next().unwrap_or(rest);
            walked += name.len();
            let Some(value) = fields.get(name).filter(|value| !is_empty(value)) else {
                return Ok(None);
            };
            if walked == path.len() {
                return Ok(Some(value));
            }
            fields = value.as_object().ok_or_else(|| self.invalid(&path[..walked], "must be an object"))?;
            walked += 1;
        }
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

//! Checks JSON against a table of fields: unknown names, wrong types and wrong formats. Each vendor has its own tables
//! and error texts.

use std::fmt;

use serde_json::{Map, Value};

/// The fields of an object, by snake case name.
pub type Shape = &'static [(&'static str, Kind)];

/// The type of a value.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A string.
    Text,
    /// A boolean.
    Bool,
    /// A 32-bit integer.
    Int32,
    /// A number.
    Number,
    /// One of these strings.
    Choice(&'static [&'static str]),
    /// A string in a named format.
    Form(&'static str, fn(&str) -> bool),
    /// An object with these fields.
    Object(Shape),
    /// An object with any names, and values of one kind.
    Map(&'static Kind),
    /// A list of values of one kind.
    List(&'static Kind),
    /// Any object.
    Free,
    /// Any value.
    Any,
}

/// How a vendor reads names and nulls.
#[derive(Clone, Copy)]
pub struct Reading {
    /// `lowerCamelCase` names are accepted beside snake case.
    pub camel_case: bool,
    /// `null` means absent.
    pub null_is_absent: bool,
    /// Integers may be written as strings.
    pub quoted_integers: bool,
}

/// One violation.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The path: `message.android.ttl`; empty for the whole document.
    pub at: String,
    /// The kind of violation.
    pub what: What,
}

/// The kind of a violation.
#[derive(Clone, Debug)]
pub enum What {
    /// The table does not have this name.
    UnknownName(String),
    /// A name in both spellings.
    RepeatedName(String),
    /// The expected type, and the value found.
    WrongValue { expected: Kind, found: String },
}

/// Checks a document. Returns it with snake case names, and without nulls that mean absent.
pub fn read(value: &Value, kind: Kind, reading: Reading) -> Result<Value, Vec<Violation>> {
    let mut reader = Reader { reading, violations: Vec::new() };
    let canonical = reader.value(value, kind, "");
    if reader.violations.is_empty() { Ok(canonical) } else { Err(reader.violations) }
}

struct Reader {
    reading: Reading,
    violations: Vec<Violation>,
}

impl Reader {
    fn value(&mut self, value: &Value, kind: Kind, at: &str) -> Value {
        match (kind, value) {
            (Kind::Any, _)
            | (Kind::Text, Value::String(_))
            | (Kind::Bool, Value::Bool(_))
            | (Kind::Number, Value::Number(_))
            | (Kind::Free, Value::Object(_)) => value.clone(),
            (Kind::Int32, _) if self.int32(value).is_some() => self.int32(value).into(),
            (Kind::Choice(names), Value::String(text)) if names.contains(&text.as_str()) => value.clone(),
            (Kind::Form(_, fits), Value::String(text)) if fits(text) => value.clone(),
            (Kind::Object(shape), Value::Object(members)) => self.object(members, shape, at),
            (Kind::Map(inner), Value::Object(members)) => {
                let entries = members.iter().enumerate().map(|(index, (name, member))| {
                    (name.clone(), self.value(member, *inner, &format!("{at}[{index}].value")))
                });
                Value::Object(entries.collect())
            }
            (Kind::List(inner), Value::Array(items)) => {
                let items =
                    items.iter().enumerate().map(|(index, item)| self.value(item, *inner, &format!("{at}[{index}]")));
                Value::Array(items.collect())
            }
            _ => {
                let what = What::WrongValue { expected: kind, found: value.to_string() };
                self.violations.push(Violation { at: at.to_owned(), what });
                Value::Null
            }
        }
    }

    fn object(&mut self, members: &Map<String, Value>, shape: Shape, at: &str) -> Value {
        let mut canonical = Map::new();
        for (name, member) in members {
            let known = |(field, _): &&(&'static str, Kind)| {
                *field == name || (self.reading.camel_case && camel(field) == *name)
            };
            let Some((field, kind)) = shape.iter().find(known) else {
                self.violations.push(Violation { at: at.to_owned(), what: What::UnknownName(name.clone()) });
                continue;
            };
            if member.is_null() && self.reading.null_is_absent {
                continue;
            }
            let below = if at.is_empty() { (*field).to_owned() } else { format!("{at}.{field}") };
            let read = self.value(member, *kind, &below);
            if canonical.insert((*field).to_owned(), read).is_some() {
                self.violations.push(Violation { at: at.to_owned(), what: What::RepeatedName(name.clone()) });
            }
        }
        Value::Object(canonical)
    }

    fn int32(&self, value: &Value) -> Option<i32> {
        let number = match value {
            Value::String(text) if self.reading.quoted_integers => text.parse().ok()?,
            _ => value.as_i64()?,
        };
        i32::try_from(number).ok()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("a string"),
            Self::Bool => f.write_str("a boolean"),
            Self::Int32 => f.write_str("an integer"),
            Self::Number => f.write_str("a number"),
            Self::Choice(names) => write!(f, "one of {}", names.join(", ")),
            Self::Form(name, _) => f.write_str(name),
            Self::Object(_) | Self::Map(_) | Self::Free => f.write_str("an object"),
            Self::List(_) => f.write_str("a list"),
            Self::Any => f.write_str("any value"),
        }
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Returns `channel_id` as `channelId`.
fn camel(snake: &str) -> String {
    let mut parts = snake.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |name, part| {
        let (initial, rest) = part.split_at(part.len().min(1));
        name + &initial.to_ascii_uppercase() + rest
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const INNER: Shape = &[("channel_id", Kind::Text), ("count", Kind::Int32)];
    const OUTER: Shape =
        &[("inner", Kind::Object(INNER)), ("data", Kind::Map(&Kind::Text)), ("level", Kind::Choice(&["LOW", "HIGH"]))];
    const PROTO: Reading = Reading { camel_case: true, null_is_absent: true, quoted_integers: true };
    const PLAIN: Reading = Reading { camel_case: false, null_is_absent: false, quoted_integers: false };

    fn places(value: &Value, reading: Reading) -> Vec<String> {
        read(value, Kind::Object(OUTER), reading).unwrap_err().into_iter().map(|violation| violation.at).collect()
    }

    #[test]
    fn names_come_out_in_snake_case_and_nulls_go() {
        let given = json!({"inner": {"channelId": "c", "count": "3"}, "level": null});
        assert_eq!(
            read(&given, Kind::Object(OUTER), PROTO).unwrap(),
            json!({"inner": {"channel_id": "c", "count": 3}})
        );
        assert_eq!(places(&given, PLAIN), ["inner", "inner.count", "level"]);
    }

    #[test]
    fn every_violation_is_named_with_its_place() {
        let given =
            json!({"inner": {"chanel": 1, "count": 1.5}, "data": {"a": "x", "b": 5}, "level": "high", "more": 1});
        assert_eq!(places(&given, PROTO), ["data[1].value", "inner", "inner.count", "level", ""]);
    }

    #[test]
    fn both_spellings_of_one_name_are_one_too_many() {
        let given = json!({"inner": {"channelId": "c", "channel_id": "c"}});
        let violations = read(&given, Kind::Object(OUTER), PROTO).unwrap_err();
        assert!(matches!(&violations[0].what, What::RepeatedName(_)));
    }
}

//! Checks a request as OPPO does. Missing fields have the code 40, all other faults 41.

use serde_json::Value;

use super::{OppoCredential, Way, is_well_formed, notification, shape};
use crate::simulators::engine::form::Form;
use crate::simulators::engine::schema;
use crate::simulators::engine::schema::{Violation, What};

pub const MAX_MESSAGES: usize = 1000;

/// The code and the fault.
pub type Refusal = (i64, String);

pub fn missing(what: impl std::fmt::Display) -> Refusal {
    (40, format!("{what} is missing"))
}

pub fn invalid(what: impl std::fmt::Display) -> Refusal {
    (41, what.to_string())
}

/// Returns the messages of a request, after checking them in order.
pub fn messages(form: &Form, way: Way, rights: &OppoCredential) -> Result<Vec<Value>, Refusal> {
    if let Some(name) = form.repeated() {
        return Err(invalid(format_args!("{name} stands twice")));
    }
    let text = form.get(way.field()).ok_or_else(|| missing(way.field()))?;
    let given: Value = serde_json::from_str(text).map_err(|_| invalid(format_args!("{} is no JSON", way.field())))?;
    let messages = match (way, given) {
        (Way::Single, message @ Value::Object(_)) => vec![message],
        (Way::Batch, Value::Array(messages)) if (1..=MAX_MESSAGES).contains(&messages.len()) => messages,
        (Way::Single, _) => return Err(invalid("message must be an object")),
        (Way::Batch, _) => return Err(invalid("messages must be an array of 1 to 1000")),
    };
    messages.iter().map(|message| self::message(message, rights)).collect()
}

fn message(raw: &Value, rights: &OppoCredential) -> Result<Value, Refusal> {
    // Missing fields are checked first: OPPO sees a misspelt name as a missing field.
    for pointer in ["/target_type", "/target_value", "/notification", "/notification/title", "/notification/content"] {
        let empty = raw.pointer(pointer).is_none_or(|value| value.is_null() || value == "");
        if empty {
            return Err(missing(pointer.trim_start_matches('/').replace('/', ".")));
        }
    }
    let message = schema::read(raw, shape::MESSAGE, shape::READING).map_err(|violations| described(&violations))?;
    if message["target_type"] != 2 {
        return Err(invalid("target_type must be 2, nobody has an alias here"));
    }
    let token = message["target_value"].as_str().unwrap_or_default();
    if rights.shape_is_an_argument && !is_well_formed(token) {
        return Err(invalid("target_value is no registration id"));
    }
    notification::check(&message["notification"], rights)?;
    Ok(message)
}

/// Returns one message that names every violation.
fn described(violations: &[Violation]) -> Refusal {
    let one = |Violation { at, what }: &Violation| match what {
        What::UnknownName(name) if at.is_empty() => format!("unknown field {name}"),
        What::UnknownName(name) | What::RepeatedName(name) => format!("unknown field {at}.{name}"),
        What::WrongValue { expected, .. } => format!("{at} must be {expected}"),
    };
    invalid(violations.iter().map(one).collect::<Vec<_>>().join(", "))
}

//! Sends messages with a token and a notification each: `multi_messages/regids`. They are JSON in a form's field.
//!
//! Shape: the official server SDK, <https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1558>.

use serde_json::{Map, Value};

use super::check::{Refusal, missing, wrong};
use crate::simulators::engine::form::Form;

pub const PATH: &str = "/v2/multi_messages/regids";

pub const MAX_MESSAGES: usize = 1000;
const NUMBERS: &[&str] = &["pass_through", "notify_type", "notify_id", "time_to_live", "time_to_send"];
const TEXTS: &[&str] = &["payload", "title", "description", "restricted_package_name"];

/// Returns the tokens that a request names.
pub fn tokens(form: &Form) -> Vec<String> {
    let given: Value = form.get("messages").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let target = |message: &Value| message["target"].as_str().map(str::to_owned);
    given.as_array().into_iter().flatten().filter_map(target).collect()
}

/// Returns each message as the form that would send it alone.
pub fn forms(form: &Form) -> Result<Vec<Form>, Refusal> {
    if let Some((name, _)) = form.pairs().iter().find(|(name, _)| name != "messages" && name != "time_to_send") {
        return Err(wrong(format_args!("unknown field {name}")));
    }
    if form.repeated().is_some() {
        return Err(wrong("messages stands more than once"));
    }
    let text = form.get("messages").ok_or_else(|| missing("messages is missing"))?;
    let messages: Vec<Value> =
        serde_json::from_str(text).map_err(|_| wrong("messages must be a JSON array in a string"))?;
    if !(1..=MAX_MESSAGES).contains(&messages.len()) {
        return Err(wrong("messages must be 1 to 1000"));
    }
    messages.iter().map(message).collect()
}

fn message(message: &Value) -> Result<Form, Refusal> {
    let element = members(message, &["target", "message"])?;
    let target = element.get("target").and_then(Value::as_str).filter(|target| !target.is_empty());
    let target = target.ok_or_else(|| missing("target is missing"))?;
    if target.contains(',') {
        return Err(wrong("target must be one token"));
    }
    let shown = element.get("message").ok_or_else(|| missing("message is missing"))?;
    let shown = members(shown, &[NUMBERS, TEXTS, &["extra"]].concat())?;
    let mut pairs = vec![("registration_id".to_owned(), target.to_owned())];
    for (name, value) in shown {
        match value {
            Value::Number(number) if NUMBERS.contains(&name.as_str()) && number.is_i64() => {
                pairs.push((name.clone(), number.to_string()));
            }
            Value::String(text) if TEXTS.contains(&name.as_str()) => pairs.push((name.clone(), text.clone())),
            Value::Object(extra) if name == "extra" => {
                for (key, value) in extra {
                    let text = value.as_str().ok_or_else(|| wrong(format_args!("extra.{key} must be a text")))?;
                    pairs.push((format!("extra.{key}"), text.to_owned()));
                }
            }
            _ => return Err(wrong(format_args!("{name} has the wrong type"))),
        }
    }
    Ok(Form::of(pairs))
}

fn members<'a>(value: &'a Value, known: &[&str]) -> Result<&'a Map<String, Value>, Refusal> {
    let members = value.as_object().ok_or_else(|| wrong("a message must be an object"))?;
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(wrong(format_args!("unknown member {name}"))),
        None => Ok(members),
    }
}

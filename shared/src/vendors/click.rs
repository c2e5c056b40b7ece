//! What a tap on a notification does, as Android apps name it.

use serde_json::{Map, Value};

use super::{
    form::escaped,
    record::{Fields, Form},
};
use crate::domain::invalid::Invalid;

/// What a tap does. Configured as one text, whose form tells which of them it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Click<'a> {
    /// a page of the app: `intent://...#Intent;...;end`
    Intent(&'a str),
    /// a page of the app, by the action of its intent filter
    Action(&'a str),
    /// a web page: `https://...`
    Url(&'a str),
}

impl<'a> Click<'a> {
    /// Reads the option of this name.
    pub fn read(fields: &Fields<'a>, name: &str) -> Result<Option<Self>, Invalid> {
        let Some(text) = fields.text(name, 2048)? else {
            return Ok(None);
        };
        if text.starts_with("intent:") && text.contains("#Intent;") && text.ends_with(";end") {
            return Ok(Some(Self::Intent(text)));
        }
        if text.starts_with("https://") {
            return Ok(Some(Self::Url(text)));
        }
        match fields.formed(name, Form::JAVA_NAME) {
            Ok(_) => Ok(Some(Self::Action(text))),
            Err(_) => {
                Err(fields.invalid(name, "must be an intent, an https address or the action of an intent filter"))
            }
        }
    }
}

/// The intent with custom data as string extras, which stand before its `end`
/// (<https://developer.android.com/reference/android/content/Intent#toUri(int)>).
pub fn with_extras(intent: &str, custom: &Map<String, Value>) -> String {
    let mut text = intent.strip_suffix("end").unwrap_or(intent).to_owned();
    for (key, value) in custom.iter().filter(|(_, value)| !value.is_null()) {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text.push_str(&format!("S.{}={};", escaped(key), escaped(&value)));
    }
    text + "end"
}

//! The shapes of Xiaomi's `/v3/message/regid`, a form there, JSON back
//! (<https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1559>), and of `/v2/multi_messages/regids`, which has the
//! same fields as JSON in a form's field (<https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1558>).

use crate::prelude::*;

/// The field that names the tokens, separated by commas.
pub(super) const TOKENS: &str = "registration_id";
/// Fields of a form that are numbers in JSON.
const NUMBERS: [&str; 4] = ["pass_through", "notify_type", "notify_id", "time_to_live"];

/// The form's fields of a notification, all but its tokens.
pub(super) type Fields = Vec<(&'static str, String)>;

/// The same as JSON: numbers as such, and what the form calls `extra.<key>` in an object of its own, all of it text.
pub(super) fn object(fields: Fields) -> Map<String, Value> {
    let (mut object, mut extra) = (Map::new(), Map::new());
    for (name, value) in fields {
        if let Some(key) = name.strip_prefix("extra.") {
            extra.insert(key.to_owned(), Value::from(value));
        } else {
            let number = value.parse::<i64>().ok().filter(|_| NUMBERS.contains(&name));
            object.insert(name.to_owned(), number.map_or_else(|| Value::from(value), Value::from));
        }
    }
    object.insert("extra".to_owned(), Value::Object(extra));
    object
}

/// One message of several, with a notification of its own.
#[derive(Debug, Serialize)]
pub(super) struct Element<'a> {
    /// a token
    pub(super) target: &'a str,
    pub(super) message: Map<String, Value>,
}

/// The answer to a message. Every member may be missing, and numbers may come as strings.
#[derive(Debug, Deserialize)]
pub(super) struct SendResponse {
    #[serde(default)]
    pub(super) code: Value,
    /// `ok` or `error`
    #[serde(default)]
    pub(super) result: Value,
    /// `id`, and `bad_regids` when some tokens failed
    #[serde(default)]
    pub(super) data: Value,
}

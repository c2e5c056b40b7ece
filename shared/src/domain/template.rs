//! Templates: patterns for title and body of a notification.

use std::collections::HashMap;

use serde_json::Value;

use super::{id::TemplateName, time::Timestamp};

/// The template of receivers whose display style is `0`. Source: Easemob, "push templates".
pub const DEFAULT_TEMPLATE: &str = "default";
/// The template of receivers whose display style is `1`. Source: the same page.
pub const DETAIL_TEMPLATE: &str = "detail";
/// The longest pattern, in characters. The reference names no limit; no vendor shows more.
pub const MAX_PATTERN_CHARS: usize = 1024;
/// The most templates of an app: its configuration is read as a whole, and costs a read unit for each 4 KB.
pub const MAX_TEMPLATES: usize = 1000;

/// A pattern for title and body each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// its name
    pub name: TemplateName,
    /// for the title
    pub title_pattern: String,
    /// for the body
    pub content_pattern: String,
    /// when it was created
    pub created_at: Timestamp,
    /// when it was last changed
    pub updated_at: Timestamp,
}

/// The templates of an app.
pub type Templates = HashMap<TemplateName, Template>;

/// Puts arguments into `{0}`, `{1}`, ..; the numbers that had none are noted in `missing` and stay empty. What an argument
/// brings along is not looked at again.
pub fn fill(pattern: &str, args: &[Value], missing: &mut Vec<usize>) -> String {
    let mut filled = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        rest = &rest[open..];
        match positional(rest) {
            Some((number, length)) => {
                match args.get(number) {
                    Some(Value::String(text)) => filled.push_str(text),
                    Some(value @ (Value::Number(_) | Value::Bool(_))) => filled.push_str(&value.to_string()),
                    Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => missing.push(number),
                }
                rest = &rest[length..];
            }
            None => {
                filled.push('{');
                rest = &rest[1..];
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// The number in a text that begins with `{<number>}`, and the length of that.
fn positional(text: &str) -> Option<(usize, usize)> {
    let close = text.find('}')?;
    let digits = &text[1..close];
    let plain = !digits.is_empty() && digits.len() <= 3 && digits.bytes().all(|b| b.is_ascii_digit());
    if plain { Some((digits.parse().ok()?, close + 1)) } else { None }
}

/// Replaces the built-in placeholders in one pass: what a value brings along is not looked at again.
pub fn expand<'a>(pattern: &str, value: impl Fn(&str) -> Option<&'a str>) -> String {
    let mut expanded = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(open) = rest.find("{$") {
        expanded.push_str(&rest[..open]);
        rest = &rest[open..];
        let found = rest.find('}').and_then(|close| Some((value(&rest[2..close])?, close + 1)));
        match found {
            Some((text, length)) => {
                expanded.push_str(text);
                rest = &rest[length..];
            }
            None => {
                expanded.push_str("{$");
                rest = &rest[2..];
            }
        }
    }
    expanded.push_str(rest);
    expanded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn filled(pattern: &str, args: Value) -> (String, Vec<usize>) {
        let mut missing = Vec::new();
        let text = fill(pattern, args.as_array().unwrap(), &mut missing);
        (text, missing)
    }

    #[test]
    fn arguments_go_to_their_places_and_what_is_missing_stays_empty() {
        assert_eq!(filled("{0} and {1}, {0}", json!(["a", 7])), ("a and 7, a".into(), vec![]));
        assert_eq!(filled("[{0}] [{2}]", json!(["a"])), ("[a] []".into(), vec![2]));
        assert_eq!(filled("{x} {} { {0", json!(["a"])), ("{x} {} { {0".into(), vec![]));
    }

    #[test]
    fn what_an_argument_or_a_value_brings_along_is_not_looked_at_again() {
        assert_eq!(filled("{0}{1}", json!(["{1}", "b"])).0, "{1}b");
        let value = |name: &str| match name {
            "msg" => Some("{$fromNickname}"),
            "fromNickname" => Some("Ann"),
            _ => None,
        };
        assert_eq!(expand("{$fromNickname}: {$msg}{$other}{$", value), "Ann: {$fromNickname}{$other}{$");
    }

    proptest! {
        #[test]
        fn a_pattern_without_placeholders_stays_as_it_is(pattern in "[^{]{0,40}") {
            prop_assert_eq!(filled(&pattern, json!(["x"])), (pattern.clone(), vec![]));
            prop_assert_eq!(expand(&pattern, |_| Some("x")), pattern);
        }

        #[test]
        fn any_pattern_is_read(pattern in ".{0,60}") {
            filled(&pattern, json!(["x"]));
            expand(&pattern, |_| Some("x"));
        }
    }
}

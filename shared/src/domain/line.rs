//! A line of a notification: title or body, in which built-in placeholders are still open.
//!
//! A short message can produce a long line, because a template can use one argument many times. So a line has a maximum
//! size, and the excess is neither stored nor rendered.

use serde_json::Value;

use super::template::{BuiltIn, Piece, pieces};

/// Maximum bytes of a title, before the vendor's own cut.
pub const MAX_TITLE_BYTES: usize = 1024;
/// Maximum bytes of a body, before the vendor's own cut.
pub const MAX_BODY_BYTES: usize = 8 * 1024;

/// The end of a cut text.
const ELLIPSIS: &str = "…";

/// A line with its arguments filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    parts: Vec<Part>,
    /// maximum bytes
    max_bytes: usize,
    /// whether the maximum cut something off `parts`
    cut: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    BuiltIn(BuiltIn),
}

impl Line {
    /// Creates a line without placeholders.
    pub fn literal(text: &str, max_bytes: usize) -> Self {
        let mut line = Self { parts: Vec::new(), max_bytes, cut: false };
        line.add(text);
        line
    }

    /// Fills the arguments into a pattern. Numbers without an argument are added to `missing`, and stay empty.
    /// Placeholders inside an argument are plain text.
    pub fn filled(pattern: &str, args: &[Value], max_bytes: usize, missing: &mut Vec<usize>) -> Self {
        let mut line = Self { parts: Vec::new(), max_bytes, cut: false };
        for piece in pieces(pattern) {
            match piece {
                Piece::Text(text) => line.add(text),
                Piece::Argument(number) => match args.get(number) {
                    Some(Value::String(text)) => line.add(text),
                    Some(value @ (Value::Number(_) | Value::Bool(_))) => line.add(&value.to_string()),
                    Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => missing.push(number),
                },
                Piece::BuiltIn(_) if line.cut => {}
                Piece::BuiltIn(name) => line.parts.push(Part::BuiltIn(name)),
            }
        }
        line
    }

    /// Returns the line with a built-in placeholder at its end.
    pub fn followed_by(self, name: BuiltIn) -> Self {
        let mut line = self;
        line.parts.push(Part::BuiltIn(name));
        line
    }

    /// Returns whether the line contains this placeholder.
    pub fn uses(&self, name: BuiltIn) -> bool {
        self.parts.contains(&Part::BuiltIn(name))
    }

    /// Renders the line with the values of its placeholders, and returns whether it was cut. Placeholders inside a
    /// value are plain text.
    pub fn render<'a>(&self, value: impl Fn(BuiltIn) -> &'a str) -> (String, bool) {
        let mut text = String::new();
        let mut cut = self.cut;
        for part in &self.parts {
            let part = match part {
                Part::Text(part) => part.as_str(),
                Part::BuiltIn(name) => value(*name),
            };
            let kept = head(part, self.max_bytes - text.len());
            text.push_str(kept);
            if kept.len() < part.len() {
                cut = true;
                break;
            }
        }
        if cut {
            text.truncate(head(&text, self.max_bytes - ELLIPSIS.len()).len());
            text.push_str(ELLIPSIS);
        }
        (text, cut)
    }

    /// Adds a text up to the maximum size.
    fn add(&mut self, text: &str) {
        if self.cut {
            return;
        }
        let size = |part: &Part| match part {
            Part::Text(text) => text.len(),
            Part::BuiltIn(_) => 0,
        };
        let room = self.max_bytes - self.parts.iter().map(size).sum::<usize>();
        let kept = head(text, room);
        self.cut = kept.len() < text.len();
        self.parts.push(Part::Text(kept.to_owned()));
    }
}

/// Returns the beginning of a text: whole characters, at most so many bytes.
fn head(text: &str, max_bytes: usize) -> &str {
    &text[..text.floor_char_boundary(max_bytes)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const VALUE: fn(BuiltIn) -> &'static str = |name| match name {
        BuiltIn::FromNickname => "Ann",
        BuiltIn::DynamicFrom => "Captain",
        BuiltIn::Msg => "{$fromNickname} {0}",
    };

    fn filled(pattern: &str, args: Value) -> (String, Vec<usize>) {
        let mut missing = Vec::new();
        let line = Line::filled(pattern, args.as_array().unwrap(), 1000, &mut missing);
        (line.render(VALUE).0, missing)
    }

    #[test]
    fn arguments_go_to_their_places_and_what_is_missing_stays_empty() {
        assert_eq!(filled("{0} and {1}, {0}", json!(["a", 7])), ("a and 7, a".into(), vec![]));
        assert_eq!(filled("[{0}] [{2}]", json!(["a"])), ("[a] []".into(), vec![2]));
    }

    #[test]
    fn what_an_argument_or_a_value_brings_along_is_not_looked_at_again() {
        assert_eq!(filled("{0}{1}", json!(["{1}", "b"])).0, "{1}b");
        assert_eq!(filled("{$fromNickname}: {0}", json!(["{$msg}"])).0, "Ann: {$msg}");
        assert_eq!(filled("{$msg} {$dynamicFrom}", json!([])).0, "{$fromNickname} {0} Captain");
        // nor is one made of two
        assert_eq!(filled("{0}msg}", json!(["{$"])).0, "{$msg}");
    }

    #[test]
    fn a_long_line_is_cut_between_characters_and_says_so() {
        let cut = |text: &str, max| Line::literal(text, max).render(VALUE);
        assert_eq!(cut("消息消", 9), ("消息消".into(), false));
        assert_eq!(cut("消息消息", 11), ("消息…".into(), true));
        assert_eq!(cut("abcdef", 5), ("ab…".into(), true));
        let line = Line::literal("ab", 6).followed_by(BuiltIn::DynamicFrom);
        assert_eq!(line.render(VALUE), ("abC…".into(), true));
    }

    #[test]
    fn a_line_keeps_no_more_than_its_budget_however_often_an_argument_stands_in_it() {
        let (pattern, args) = ("{0}{$msg}".repeat(100), [json!("x".repeat(5000))]);
        let line = Line::filled(&pattern, &args, MAX_BODY_BYTES, &mut Vec::new());
        assert_eq!(line.parts.len(), 3);
        let (text, cut) = line.render(VALUE);
        assert_eq!((text.len(), cut), (MAX_BODY_BYTES, true));
    }

    proptest! {
        #[test]
        fn any_line_is_within_its_budget_and_a_beginning_of_the_whole(
            pattern in "(\\{[01]\\}|\\{\\$msg\\}|\\PC){0,20}", arg in "\\PC{0,20}", value in "\\PC{0,20}", max in 3usize..200,
        ) {
            let args = [json!(arg)];
            let render = |max| Line::filled(&pattern, &args, max, &mut Vec::new()).render(|_| value.as_str());
            let ((text, cut), (whole, never)) = (render(max), render(100_000));
            prop_assert!(!never && text.len() <= max);
            prop_assert_eq!(cut, whole.len() > max);
            if cut {
                prop_assert!(whole.starts_with(text.strip_suffix('…').unwrap()));
            } else {
                prop_assert_eq!(text, whole);
            }
        }
    }
}

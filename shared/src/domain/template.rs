//! Templates: patterns for title and body of a notification.

use std::collections::HashMap;

use super::{id::TemplateName, invalid::Invalid, time::Timestamp};

/// The template of receivers whose display style is `0`. Source: Easemob, "push templates".
pub const DEFAULT_TEMPLATE: &str = "default";
/// The template of receivers whose display style is `1`. Source: the same page.
pub const DETAIL_TEMPLATE: &str = "detail";
/// The longest pattern, in characters. The reference names no limit; no vendor shows more.
pub const MAX_PATTERN_CHARS: usize = 1024;
/// Maximum templates of an app. Its configuration is read as a whole, and costs one read unit for each 4 KB.
pub const MAX_TEMPLATES: usize = 1000;

/// Template: a pattern for the title and one for the body.
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

/// Bytes that a placeholder counts for when a pattern is checked: enough for a name, a number or a place.
pub const PLACEHOLDER_BYTES: usize = 64;

/// A built-in placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuiltIn {
    /// the sender's push nickname
    FromNickname,
    /// the sender's name in the group, else the push nickname
    DynamicFrom,
    /// the text of the message
    Msg,
}

/// A piece of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// the pattern's own text
    Text(&'a str),
    /// `{0}`, `{1}` and so on: an argument of the message
    Argument(usize),
    /// `{$msg}` and the like
    BuiltIn(BuiltIn),
}

/// Splits a pattern into its pieces, in their order. Any other text in braces is plain text.
pub fn pieces(pattern: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut text_begins, mut at) = (0, 0);
    while let Some(open) = pattern[at..].find('{').map(|offset| at + offset) {
        let Some((placeholder, length)) = placeholder(&pattern[open..]) else {
            at = open + 1;
            continue;
        };
        if text_begins < open {
            pieces.push(Piece::Text(&pattern[text_begins..open]));
        }
        pieces.push(placeholder);
        at = open + length;
        text_begins = at;
    }
    if text_begins < pattern.len() {
        pieces.push(Piece::Text(&pattern[text_begins..]));
    }
    pieces
}

/// Parses the placeholder at the start of a text, and returns its length, too.
fn placeholder(text: &str) -> Option<(Piece<'static>, usize)> {
    let close = text.find('}')?;
    let piece = match &text[1..close] {
        "$fromNickname" => Piece::BuiltIn(BuiltIn::FromNickname),
        "$dynamicFrom" => Piece::BuiltIn(BuiltIn::DynamicFrom),
        "$msg" => Piece::BuiltIn(BuiltIn::Msg),
        digits if (1..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) => {
            Piece::Argument(digits.parse().ok()?)
        }
        _ => return None,
    };
    Some((piece, close + 1))
}

/// Refuses a pattern that does not fit into a line of `max_bytes`. Its text counts, and [`PLACEHOLDER_BYTES`] for each
/// placeholder. Rendering cuts longer values.
pub fn check_pattern(field: &str, pattern: &str, max_bytes: usize) -> Result<(), Invalid> {
    let bytes = |piece: Piece<'_>| match piece {
        Piece::Text(text) => text.len(),
        Piece::Argument(_) | Piece::BuiltIn(_) => PLACEHOLDER_BYTES,
    };
    let needed: usize = pieces(pattern).into_iter().map(bytes).sum();
    if needed <= max_bytes {
        return Ok(());
    }
    let rule = format!("must be at most {max_bytes} bytes in UTF-8, where each placeholder counts {PLACEHOLDER_BYTES}");
    Err(Invalid::new(field, rule))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_pattern_is_split_at_its_placeholders_and_other_braces_are_text() {
        use Piece::{Argument, Text};
        let built_in = Piece::BuiltIn;
        assert_eq!(pieces("{0} and {12}"), [Argument(0), Text(" and "), Argument(12)]);
        assert_eq!(
            pieces("{$fromNickname}{$dynamicFrom}: {$msg}"),
            [built_in(BuiltIn::FromNickname), built_in(BuiltIn::DynamicFrom), Text(": "), built_in(BuiltIn::Msg)]
        );
        for text in ["{x} {} { {0", "{$other}{$", "{0000}{-1}", "{{$ msg}}"] {
            assert_eq!(pieces(text), [Text(text)]);
        }
        assert_eq!(pieces("{{0}}"), [Text("{"), Argument(0), Text("}")]);
        assert_eq!(pieces(""), []);
    }

    #[test]
    fn a_pattern_must_leave_room_for_what_it_is_filled_with() {
        let check = |pattern: &str| check_pattern("title_pattern", pattern, 1024).map_err(|error| error.to_string());
        let rule = "title_pattern must be at most 1024 bytes in UTF-8, where each placeholder counts 64".to_owned();
        for (pattern, expected) in [
            ("x".repeat(1024), Ok(())),
            ("消".repeat(342), Err(rule.clone())),
            ("{0}".repeat(16), Ok(())),
            ("{0}".repeat(17), Err(rule.clone())),
            ("{$msg}".repeat(15) + &"x".repeat(64), Ok(())),
            ("{$msg}".repeat(15) + &"x".repeat(65), Err(rule)),
            ("{x}".repeat(341), Ok(())),
        ] {
            assert_eq!(check(&pattern), expected, "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn the_pieces_of_any_pattern_are_the_pattern(pattern in "(\\{(0|[1-9][0-9]?)\\}|\\{\\$msg\\}|[{}$]|[^0-9]){0,40}") {
            let written = |piece: Piece<'_>| match piece {
                Piece::Text(text) => text.to_owned(),
                Piece::Argument(number) => format!("{{{number}}}"),
                Piece::BuiltIn(BuiltIn::FromNickname) => "{$fromNickname}".to_owned(),
                Piece::BuiltIn(BuiltIn::DynamicFrom) => "{$dynamicFrom}".to_owned(),
                Piece::BuiltIn(BuiltIn::Msg) => "{$msg}".to_owned(),
            };
            let whole: String = pieces(&pattern).into_iter().map(written).collect();
            prop_assert_eq!(whole, pattern);
        }
    }
}

//! vivo's rule about the texts of formal messages (<https://dev.vivo.com.cn/documentCenter/doc/695>).
//!
//! Refused with 10104 are texts of nothing but digits, English letters or symbols, and such with brackets, braces or the
//! word "test" in Chinese. Chat messages are often like that.

use crate::prelude::*;

const TEST: &str = "测试";
const BRACKETS: [char; 4] = ['[', ']', '{', '}'];

/// Returns whether vivo would refuse the text.
pub(super) fn breaks_rule(text: &str) -> bool {
    let seen = || text.chars().filter(|character| !character.is_whitespace());
    seen().all(|character| character.is_ascii_alphabetic())
        || !seen().any(char::is_alphabetic)
        || text.contains(BRACKETS)
        || text.contains(TEST)
}

/// Returns the text with a Chinese word before it and without what may not be in it. What is not refused stays as it is.
pub(super) fn keeping_rule<'a>(text: &'a str, prefix: Option<&str>) -> Cow<'a, str> {
    match prefix {
        Some(prefix) if breaks_rule(text) => {
            Cow::Owned(format!("{prefix}{}", text.replace(BRACKETS, "").replace(TEST, "")))
        }
        _ => Cow::Borrowed(text),
    }
}

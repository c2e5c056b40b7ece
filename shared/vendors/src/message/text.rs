//! Texts cut to a vendor's length, and tokens written as JSON.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;
use shared::domain::{binding::DeviceToken, outcome::CallError, push::Notification};

/// `text` if it has at most `most` characters, else its beginning and an ellipsis, `most` characters together.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    // a character has at least one byte
    if text.len() <= most || text.chars().nth(most).is_none() {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().take(most.saturating_sub(1));
    Cow::Owned(kept.chain(std::iter::once('…')).collect())
}

/// The same where a character counts for `size(character)`, and the ellipsis for 1.
pub fn cut_by(text: &str, most: usize, size: impl Fn(char) -> usize) -> Cow<'_, str> {
    let (mut used, mut kept) = (0, 0);
    for (at, character) in text.char_indices() {
        if used < most {
            kept = at;
        }
        used += size(character);
        if used > most {
            return Cow::Owned(format!("{}…", &text[..kept]));
        }
    }
    Cow::Borrowed(text)
}

/// The message's id, else the replace id. Not the replace id first: the messages of a conversation may share one.
pub fn message_id(notification: &Notification) -> &str {
    notification.custom.get("m").and_then(Value::as_str).unwrap_or(&notification.replace_id)
}

/// Writes a message as JSON.
pub fn to_json(message: &impl Serialize) -> Result<Vec<u8>, CallError> {
    serde_json::to_vec(message).map_err(|error| CallError::Rejected { code: error.to_string() })
}

/// Appends a token as a JSON string. A token is visible ASCII, so only two characters of it can need an escape; most
/// tokens have neither and are copied as they are.
pub fn push_token(json: &mut Vec<u8>, token: &DeviceToken) {
    let token = token.expose().as_bytes();
    json.push(b'"');
    if token.contains(&b'"') || token.contains(&b'\\') {
        for byte in token {
            if matches!(byte, b'"' | b'\\') {
                json.push(b'\\');
            }
            json.push(*byte);
        }
    } else {
        json.extend_from_slice(token);
    }
    json.push(b'"');
}

/// Appends tokens as the elements of a JSON array.
pub fn push_tokens(json: &mut Vec<u8>, tokens: &[DeviceToken]) {
    for (at, token) in tokens.iter().enumerate() {
        if at > 0 {
            json.push(b',');
        }
        push_token(json, token);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_long_text_ends_in_an_ellipsis() {
        assert_eq!(cut("消息消息", 3), "消息…");
        assert_eq!(cut("消息消", 3), "消息消");
        assert_eq!(cut("abc", 3), "abc");
    }

    #[test]
    fn a_character_may_count_for_two() {
        let cut = |text, most| cut_by(text, most, char::len_utf16).into_owned();
        assert_eq!(cut("a😀b😀", 6), "a😀b😀");
        assert_eq!(cut("a😀b😀", 5), "a😀b…");
        assert_eq!(cut("a😀b😀", 4), "a😀…");
        assert_eq!(cut("a😀b😀", 3), "a…");
    }

    proptest! {
        #[test]
        fn a_token_is_written_as_json_does(token in "[!-~]{1,64}") {
            let mut json = Vec::new();
            push_token(&mut json, &DeviceToken::parse(&token).unwrap());
            prop_assert_eq!(json, serde_json::to_vec(&token).unwrap());
        }

        #[test]
        fn a_cut_text_is_short_enough_and_a_beginning(text: String, most in 1usize..40) {
            let short = cut(&text, most);
            prop_assert!(short.chars().count() <= most);
            match short {
                Cow::Borrowed(same) => prop_assert_eq!(same, &text),
                Cow::Owned(short) => prop_assert!(text.starts_with(short.strip_suffix('…').unwrap())),
            }
        }

        #[test]
        fn a_text_cut_by_another_count_is_as_long_as_it_may_be(text: String, most in 1usize..40) {
            let units = |text: &str| text.encode_utf16().count();
            let short = cut_by(&text, most, char::len_utf16);
            prop_assert!(units(&short) <= most);
            match short {
                Cow::Borrowed(same) => prop_assert_eq!(same, &text),
                Cow::Owned(short) => {
                    prop_assert!(units(&text) > most && units(&short) + 2 > most);
                    prop_assert!(text.starts_with(short.strip_suffix('…').unwrap()));
                }
            }
        }
    }
}

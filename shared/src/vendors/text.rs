//! Texts cut to a vendor's length, and tokens written as JSON.

use std::borrow::Cow;

use crate::domain::binding::DeviceToken;

/// `text` if it has at most `most` characters, else its beginning and an ellipsis, `most` characters together.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    // a character has at least one byte
    if text.len() <= most || text.chars().nth(most).is_none() {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().take(most.saturating_sub(1));
    Cow::Owned(kept.chain(std::iter::once('…')).collect())
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
    }
}

//! Texts cut to a vendor's length.

use std::borrow::Cow;

/// `text` if it has at most `most` characters, else its beginning and an ellipsis, `most` characters together.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    // a character has at least one byte
    if text.len() <= most || text.chars().nth(most).is_none() {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().take(most.saturating_sub(1));
    Cow::Owned(kept.chain(std::iter::once('…')).collect())
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

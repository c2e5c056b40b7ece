//! Percent-encoding, and form bodies made of it.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode_byte, utf8_percent_encode};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Map, Value};
use shared::domain::binding::DeviceToken;

/// Everything but the unreserved characters of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A value escaped so that no reader of addresses or forms can take it for anything else.
pub fn escaped(value: &str) -> impl fmt::Display {
    utf8_percent_encode(value, ESCAPED)
}

/// Whether a byte stands for itself in that form.
const UNRESERVED: [bool; 256] = {
    let mut unreserved = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        unreserved[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        byte += 1;
    }
    unreserved
};

/// Whether a value is the same in that form, as most device tokens are. Four bytes at a time, with one branch for them.
pub fn is_unreserved(value: &[u8]) -> bool {
    let stands = |byte: u8| UNRESERVED[usize::from(byte)];
    let (fours, rest) = value.as_chunks();
    fours.iter().all(|&[a, b, c, d]| stands(a) & stands(b) & stands(c) & stands(d))
        && rest.iter().all(|&byte| stands(byte))
}

/// Appends a value in that form.
pub fn push_escaped(body: &mut Vec<u8>, value: &[u8]) {
    if is_unreserved(value) {
        body.extend_from_slice(value);
        return;
    }
    body.reserve(3 * value.len());
    for &byte in value {
        if UNRESERVED[usize::from(byte)] {
            body.push(byte);
        } else {
            body.extend_from_slice(percent_encode_byte(byte).as_bytes());
        }
    }
}

/// A comma in that form.
pub const COMMA: &[u8] = b"%2C";

/// Appends tokens in that form, separated by commas.
pub fn push_escaped_tokens<'a>(body: &mut Vec<u8>, tokens: impl IntoIterator<Item = &'a DeviceToken>) {
    for (at, token) in tokens.into_iter().enumerate() {
        if at > 0 {
            body.extend_from_slice(COMMA);
        }
        push_escaped(body, token.expose().as_bytes());
    }
}

/// A body of the type `application/x-www-form-urlencoded`.
pub fn form(fields: &[(&str, &str)]) -> String {
    let mut form = String::new();
    for (at, (name, value)) in fields.iter().enumerate() {
        form.push_str(if at == 0 { "" } else { "&" });
        form.extend([name, "="]);
        push_escaped_text(&mut form, value);
    }
    form
}

fn push_escaped_text(form: &mut String, value: &str) {
    form.reserve(3 * value.len());
    for byte in value.bytes() {
        if UNRESERVED[usize::from(byte)] {
            form.push(char::from(byte));
        } else {
            form.push_str(percent_encode_byte(byte));
        }
    }
}

/// The headers of such a body.
pub fn headers() -> HeaderMap {
    let content_type = HeaderValue::from_static("application/x-www-form-urlencoded;charset=UTF-8");
    HeaderMap::from_iter([(CONTENT_TYPE, content_type)])
}

/// All fields of such a body.
pub fn fields(body: &[u8]) -> Map<String, Value> {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let text = String::from_utf8_lossy(body);
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decoded(name), decoded(value).into()))
        .collect()
}

/// A field of a body of the type `application/x-www-form-urlencoded`.
pub fn form_field(body: &[u8], name: &str) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let value = text.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name))?.1;
    percent_decode_str(&value.replace('+', " ")).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_character_of_a_value_ends_it() {
        assert_eq!(form(&[("a", "b&c=d+e f"), ("g", "é~")]), "a=b%26c%3Dd%2Be%20f&g=%C3%A9~");
        let mut body = b"g=".to_vec();
        push_escaped(&mut body, "é~&".as_bytes());
        assert_eq!(body, b"g=%C3%A9~%26");
    }

    proptest! {
        #[test]
        fn what_is_appended_is_escaped(value in "[ -~é消]{0,12}") {
            let mut body = Vec::new();
            push_escaped(&mut body, value.as_bytes());
            let expected = escaped(&value).to_string();
            prop_assert_eq!(body, expected.as_bytes());
            prop_assert_eq!(form(&[("name", &value)]), format!("name={expected}"));
        }
    }
}

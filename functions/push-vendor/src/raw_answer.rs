//! Raw answers of vendors, for those who want to see more than their meaning.

use serde_json::Value;

/// Returns a raw answer of at most about so many bytes. Of one that is too long it returns the beginning as a text.
pub(crate) fn bounded(answer: &Value, max_bytes: usize) -> Value {
    let text = answer.to_string();
    if text.len() <= max_bytes {
        return answer.clone();
    }
    Value::String(text.chars().take(max_bytes / 4).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_raw_answer_is_whole_unless_it_is_too_long() {
        let short = json!({"code": 80_000_000, "msg": "Success"});
        assert_eq!(bounded(&short, 1024), short);
        for letter in ["x", "字", "\u{1}"] {
            let long = bounded(&json!([letter.repeat(200_000)]), 1024);
            assert!(long.as_str().unwrap().starts_with("[\""), "{letter}");
            assert!(long.to_string().len() <= 2 * 1024, "{letter}");
        }
    }
}

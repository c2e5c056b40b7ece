//! Texts that vivo refuses in formal messages (<https://dev.vivo.com.cn/documentCenter/doc/695>).

/// Returns whether a text is refused.
///
/// Refused are texts of digits only, of English letters only, and without any letter. Texts with brackets, braces or the
/// word "test" (测试) are refused too.
pub fn is_refused(text: &str) -> bool {
    let seen: Vec<char> = text.chars().filter(|character| !character.is_whitespace()).collect();
    let digits = seen.iter().all(char::is_ascii_digit);
    let english = seen.iter().all(char::is_ascii_alphabetic);
    let without_letters = !seen.iter().copied().any(char::is_alphabetic);
    digits || english || without_letters || text.contains(['[', ']', '{', '}']) || text.contains("测试")
}

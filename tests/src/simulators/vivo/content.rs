//! What formal messages may not say (<https://dev.vivo.com.cn/documentCenter/doc/695>).

/// Nothing but digits, nothing but English letters, nothing but symbols and digits, brackets or braces, or the word "test".
pub fn is_refused(text: &str) -> bool {
    let seen: Vec<char> = text.chars().filter(|character| !character.is_whitespace()).collect();
    let digits = seen.iter().all(char::is_ascii_digit);
    let english = seen.iter().all(char::is_ascii_alphabetic);
    let without_letters = !seen.iter().copied().any(char::is_alphabetic);
    digits || english || without_letters || text.contains(['[', ']', '{', '}']) || text.contains("测试")
}

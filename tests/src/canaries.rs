//! Searches texts for canaries: secrets and private texts that must not be there.

use std::collections::HashSet;

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Bytes that are enough to recognise a canary, so that a cut one is found too.
const PIECE: usize = 16;

/// A search for many canaries at once: as they are, percent-encoded, and inside of base64.
#[derive(Debug, Default)]
pub struct Search {
    pieces: HashSet<[u8; PIECE]>,
    canaries: usize,
}

impl Search {
    /// Returns a search for these canaries.
    pub fn new<'a>(canaries: impl IntoIterator<Item = &'a str>) -> Self {
        let mut search = Self::default();
        for canary in canaries {
            search.add(canary);
        }
        search
    }

    /// Returns how many canaries it searches for.
    pub fn canaries(&self) -> usize {
        self.canaries
    }

    /// Returns whether the text has a piece of a canary.
    pub fn finds(&self, text: &str) -> bool {
        text.as_bytes().windows(PIECE).any(|window| self.pieces.contains(window))
    }

    /// Returns the lines that have a piece of a canary.
    pub fn lines<'a>(&self, text: &'a str) -> Vec<&'a str> {
        text.lines().filter(|line| self.finds(line)).collect()
    }

    fn add(&mut self, canary: &str) {
        self.canaries += 1;
        let secret = secret_part(canary).as_bytes();
        assert!(secret.len() >= PIECE, "a canary of {} bytes is too short to be told from other text", secret.len());
        self.add_pieces(secret);
        self.add_pieces(utf8_percent_encode(secret_part(canary), NON_ALPHANUMERIC).to_string().as_bytes());
        for before in 0..3 {
            let encoded = BASE64_STANDARD_NO_PAD.encode([&vec![0; before][..], secret].concat());
            // The first and the last four characters depend on what stands beside the canary.
            self.add_pieces(&encoded.as_bytes()[4..encoded.len() - 4]);
        }
    }

    fn add_pieces(&mut self, text: &[u8]) {
        self.pieces.extend(text.chunks_exact(PIECE).filter_map(|piece| <[u8; PIECE]>::try_from(piece).ok()));
    }
}

/// Returns the part of a canary that is secret: of a signed token its signature. Header and claims are equal or alike in
/// many tokens, and open nothing.
fn secret_part(canary: &str) -> &str {
    match canary.rsplit_once('.') {
        Some((head, signature)) if head.starts_with("ey") && head.contains('.') => signature,
        _ => canary,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "canary0123456789 with+signs/and=more, x7";

    #[test]
    fn a_planted_canary_is_found_in_every_form_and_nothing_else_is() {
        let search = Search::new([SECRET]);
        let encoded = |text: String| BASE64_STANDARD_NO_PAD.encode(text);
        for text in [
            format!(r#"{{"level":"ERROR","error":"{SECRET}"}}"#),
            format!("GET /hook?key={} 200", utf8_percent_encode(SECRET, NON_ALPHANUMERIC)),
            encoded(format!("body {SECRET} end")),
            encoded(format!("a body {SECRET} end")),
            encoded(format!("my body {SECRET} end")),
            format!("cut: {}", &SECRET[..20]),
            format!("the end of it: {}", &SECRET[9..]),
        ] {
            assert!(search.finds(&text), "{text}");
        }
        assert!(!search.finds("canary987654321 with signs and more"));
        assert_eq!(search.lines(&format!("a\nb {SECRET}\nc")), [format!("b {SECRET}")]);
    }

    #[test]
    fn of_a_signed_token_its_signature_is_searched() {
        let search = Search::new(["eyJhbGciOiJFZERTQSJ9.eyJhcHAiOiJhY21lI2NoYXQifQ.c2lnbmF0dXJlIG9mIGEgdG9rZW4"]);
        assert!(search.finds("Bearer c2lnbmF0dXJlIG9mIGEgdG9rZW4"));
        assert!(!search.finds("eyJhbGciOiJFZERTQSJ9.eyJhcHAiOiJhY21lI2NoYXQifQ.b3RoZXIgc2lnbmF0dXJl"));
    }
}

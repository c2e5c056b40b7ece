//! Mutations of an input, the same for the same seed.

use shared::{ports::clock::Entropy, testing::chance::SeededEntropy};

/// Maximum bytes of a mutation.
const LONGEST: usize = 8 * 1024;
/// Pieces that parsers treat specially.
const PIECES: [&[u8]; 24] = [
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"null",
    b"true",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"\\u0000",
    b"\\ud800",
    b"%00",
    b"#",
    b"/",
    b"..",
    b"\r\n",
    b"\xff",
    "\u{1f600}".as_bytes(),
    b"{$msg}",
    b"{0}",
];

/// Makes mutations.
#[derive(Debug)]
pub struct Mutator(SeededEntropy);

impl Mutator {
    /// Creates the mutator of a seed.
    pub fn new(seed: u64) -> Self {
        Self(SeededEntropy::new(seed))
    }

    /// Returns an input with one to four changes. `other` is an input of the same target.
    pub fn mutated(&mut self, input: &[u8], other: &[u8]) -> Vec<u8> {
        let mut bytes = input.to_vec();
        for _ in 0..=self.below(4) {
            self.change(&mut bytes, other);
        }
        bytes.truncate(LONGEST);
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        let (at, length) = (self.below(bytes.len() + 1), self.below(16) + 1);
        let end = bytes.len().min(at + length);
        match self.below(7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
            1 if at < bytes.len() => bytes[at] = u8::try_from(self.below(256)).unwrap_or_default(),
            2 => drop(bytes.drain(at..end)),
            3 => bytes.truncate(at),
            4 => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
            5 if !other.is_empty() => {
                let from = self.below(other.len());
                let piece = other[from..other.len().min(from + 4 * length)].to_vec();
                drop(bytes.splice(at..end, piece));
            }
            _ => drop(bytes.splice(at..at, PIECES[self.below(PIECES.len())].iter().copied())),
        }
    }

    /// Returns a number below this one.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.0.bits() % u128::try_from(end).unwrap_or(1).max(1)).unwrap_or_default()
    }
}

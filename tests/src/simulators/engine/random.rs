//! Random values of the vendors' answers: ids and access tokens. A caller cannot guess them, unless the test gave a seed.

use std::cell::RefCell;
use std::mem;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

thread_local! {
    /// The source for the request that this thread judges. Judging never waits, so a request keeps its thread.
    static SOURCE: RefCell<Random> = const { RefCell::new(Random::System) };
}

/// A source of random bytes.
#[derive(Debug, Default)]
pub enum Random {
    /// The system's generator.
    #[default]
    System,
    /// The sequence of a seed.
    Seeded {
        /// The seed.
        seed: u64,
        /// How many blocks of the sequence are used up.
        used: u64,
    },
}

impl Random {
    /// Returns the sequence of a seed, from its beginning.
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded { seed, used: 0 }
    }

    /// Returns a number below a bound, which must not be 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_be_bytes(bytes) % bound
    }

    /// Returns a place in a list of this length, which must not be 0.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or_default()
    }

    /// Runs code whose [`opaque`] and [`digits`] come from this source.
    pub(super) fn serve<T>(&mut self, judge: impl FnOnce() -> T) -> T {
        SOURCE.with_borrow_mut(|source| mem::swap(source, self));
        let judged = judge();
        SOURCE.with_borrow_mut(|source| mem::swap(source, self));
        judged
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        match self {
            // If the system's generator fails, nothing else in this process would work either.
            Self::System => SystemRandom::new().fill(bytes).expect("the system has a random generator"),
            Self::Seeded { seed, used } => {
                for part in bytes.chunks_mut(32) {
                    let block = digest(&SHA256, &[seed.to_be_bytes(), used.to_be_bytes()].concat());
                    part.copy_from_slice(&block.as_ref()[..part.len()]);
                    *used += 1;
                }
            }
        }
    }
}

fn random(count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    SOURCE.with_borrow_mut(|source| source.fill(&mut bytes));
    bytes
}

/// Returns URL-safe text of `bytes` random bytes.
pub fn opaque(bytes: usize) -> String {
    URL_SAFE_NO_PAD.encode(random(bytes))
}

/// Returns `count` random decimal digits.
pub fn digits(count: usize) -> String {
    random(count).into_iter().map(|byte| char::from(b'0' + byte % 10)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_sequence_and_nothing_in_it() {
        let draw = |seed| {
            let mut random = Random::seeded(seed);
            [random.serve(|| opaque(100)), random.serve(|| opaque(100))]
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert_ne!(draw(7)[0], draw(7)[1]);
    }

    #[test]
    fn the_system_serves_again_after_a_seed() {
        let seeded = || Random::seeded(7).serve(|| digits(30));
        assert_eq!(seeded(), seeded());
        assert_ne!(digits(30), digits(30));
    }
}

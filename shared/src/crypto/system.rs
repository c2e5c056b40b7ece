//! The machine's own clock and random numbers.

use std::time::UNIX_EPOCH;

use ring::rand::{SecureRandom, SystemRandom};

use crate::{
    domain::time::Timestamp,
    ports::clock::{Clock, Entropy},
};

/// The machine's clock and random numbers.
#[derive(Debug)]
pub struct System {
    random: SystemRandom,
}

impl Default for System {
    fn default() -> Self {
        Self { random: SystemRandom::new() }
    }
}

impl Clock for System {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

impl Entropy for System {
    fn bits(&self) -> u128 {
        let mut bytes = [0; 16];
        #[expect(clippy::expect_used, reason = "without randomness no id and no secret can be made")]
        self.random.fill(&mut bytes).expect("the system gives random bytes");
        u128::from_be_bytes(bytes)
    }
}

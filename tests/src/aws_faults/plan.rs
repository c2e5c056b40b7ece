//! Which calls fail, and how.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AwsFault {
    /// refused as one call too many; it has no effect
    Throttled,
    /// 503; it has no effect
    Unavailable,
    /// answered so much later
    Late(Duration),
    /// it has its effect, and the connection ends without an answer
    AnswerLost,
    /// the connection ends before the call arrives
    NeverArrived,
}

impl AwsFault {
    /// Returns the fault's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Late(_) => "late",
            Self::AnswerLost => "answer_lost",
            Self::NeverArrived => "never_arrived",
        }
    }
}

/// A plan: of the same seed, the same calls by service and number fail in the same way. The first call of each service
/// fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// chooses the calls and their faults
    pub seed: u64,
    /// how many of a thousand calls fail
    pub per_thousand: u64,
}

impl Plan {
    /// Returns how the call with this number, from 0 on, of a service fails, if it does.
    pub fn fault(&self, service: &str, number: u64) -> Option<AwsFault> {
        let seed = service.bytes().fold(self.seed, |mixed, byte| mix(mixed ^ u64::from(byte)));
        let chance = mix(seed ^ mix(number));
        if number > 0 && chance % 1000 >= self.per_thousand {
            return None;
        }
        let rest = chance / 1000;
        Some(match rest % 10 {
            0..3 => AwsFault::Throttled,
            3..5 => AwsFault::Unavailable,
            5..7 => AwsFault::Late(Duration::from_millis(50 + rest / 10 % 1500)),
            7..9 => AwsFault::AnswerLost,
            _ => AwsFault::NeverArrived,
        })
    }
}

/// Mixes the bits of a number (the finalizer of `SplitMix64`).
const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_seed_names_the_calls_that_fail_and_every_fault_is_among_them() {
        let plan = Plan { seed: 7, per_thousand: 200 };
        let of_service =
            |plan: Plan, service| (0..10_000).map(|number| plan.fault(service, number)).collect::<Vec<_>>();
        let faults = |plan| of_service(plan, "SQS");
        assert_eq!(faults(plan), faults(plan));
        assert_ne!(faults(plan), of_service(plan, "KMS"));
        assert_ne!(faults(plan), faults(Plan { seed: 8, ..plan }));
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        faults(plan).into_iter().flatten().for_each(|fault| *counts.entry(fault.name()).or_default() += 1);
        assert!((1900..2100).contains(&counts.values().sum::<usize>()), "{counts:?}");
        assert!(counts.len() == 5 && counts.values().all(|count| *count > 150), "{counts:?}");
        let none = faults(Plan { per_thousand: 0, ..plan });
        assert!(none[0].is_some() && none[1..].iter().all(Option::is_none), "the first call fails");
    }
}

//! When a process may write the counts that it keeps: those of a burst at once, and a busy process seldom.

use std::time::Duration;

use crate::domain::time::Timestamp;

/// So many flushes of few rows a process may make at once that was quiet for as many intervals.
pub const FLUSHES_IN_HAND: u32 = 6;
/// So many rows are few. A flush of more of them costs more time, so that rows of many apps are written more seldom.
const FEW_ROWS: usize = 16;

/// The time that a process has in hand. It passes by itself, and a flush takes an interval of it for each started
/// [`FEW_ROWS`], but never more than [`FLUSHES_IN_HAND`] intervals, which is also the most that a process can have.
#[derive(Debug)]
pub struct FlushCredit {
    every: Duration,
    full_at: Option<Timestamp>,
}

impl FlushCredit {
    /// Everything that a process can have in hand.
    pub const fn full(every: Duration) -> Self {
        Self { every, full_at: None }
    }

    /// Whether there is time for so many rows.
    pub fn allows(&self, rows: usize, now: Timestamp) -> bool {
        self.missing(now) + self.price(rows) <= self.most()
    }

    /// Takes the time for so many rows, or all that is left.
    pub fn spend(&mut self, rows: usize, now: Timestamp) {
        self.full_at = Some(now.plus((self.missing(now) + self.price(rows)).min(self.most())));
    }

    fn price(&self, rows: usize) -> Duration {
        let steps = u32::try_from(rows.div_ceil(FEW_ROWS)).unwrap_or(u32::MAX);
        self.every * steps.clamp(1, FLUSHES_IN_HAND)
    }

    fn missing(&self, now: Timestamp) -> Duration {
        self.full_at.map_or(Duration::ZERO, |at| at.since(now)).min(self.most())
    }

    fn most(&self) -> Duration {
        self.every * FLUSHES_IN_HAND
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(10);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    /// How many flushes of so many rows are made in a time, with a try each second.
    fn flushes(rows: usize, seconds: std::ops::Range<i64>, credit: &mut FlushCredit) -> usize {
        seconds
            .filter(|second| {
                let allowed = credit.allows(rows, at(*second));
                if allowed {
                    credit.spend(rows, at(*second));
                }
                allowed
            })
            .count()
    }

    #[test]
    fn a_burst_is_written_at_once_and_then_once_an_interval() {
        let mut credit = FlushCredit::full(EVERY);
        assert_eq!(flushes(1, 0..6, &mut credit), 6);
        assert_eq!(flushes(1, 6..10, &mut credit), 0);
        assert_eq!(flushes(1, 10..1000, &mut credit), 99);
        assert_eq!(flushes(1, 5000..5006, &mut credit), 6, "silence fills it, and no more than that");
        assert_eq!(flushes(1, 5006..5010, &mut credit), 0);
    }

    #[test]
    fn many_rows_wait_longer_and_never_longer_than_six_intervals() {
        for (rows, seconds) in [(1, 10), (16, 10), (17, 20), (40, 30), (81, 60), (4000, 60)] {
            let mut credit = FlushCredit::full(EVERY);
            let busy = flushes(rows, 0..60, &mut credit);
            assert!(busy > 0, "{rows}");
            assert_eq!(flushes(rows, 60..660, &mut credit), 600 / seconds, "{rows}");
        }
    }

    #[test]
    fn what_must_be_written_takes_what_is_left_and_owes_nothing() {
        let mut credit = FlushCredit::full(EVERY);
        for _ in 0..9 {
            credit.spend(4000, at(0));
        }
        assert_eq!((credit.allows(1, at(9)), credit.allows(1, at(10))), (false, true));
    }

    #[test]
    fn without_an_interval_everything_is_written_at_once() {
        assert_eq!(flushes(4000, 0..50, &mut FlushCredit::full(Duration::ZERO)), 50);
    }
}

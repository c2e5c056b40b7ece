//! When a process may write its counts: quickly after a burst, and seldom while it is busy.

use std::time::Duration;

use crate::domain::time::Timestamp;

/// Maximum flushes in a row. A process gains one in each interval.
pub const FLUSHES_IN_HAND: u32 = 6;
/// Maximum rows of a small flush. A larger flush costs more time, so a process with rows of many apps flushes less
/// often.
const FEW_ROWS: usize = 16;

/// The credit of a process, as a time. It grows with the time. A flush costs one interval for each started
/// `FEW_ROWS`, but at most [`FLUSHES_IN_HAND`] intervals, which is also the maximum credit.
#[derive(Debug)]
pub struct FlushCredit {
    every: Duration,
    full_at: Option<Timestamp>,
}

impl FlushCredit {
    /// Returns the maximum credit.
    pub const fn full(every: Duration) -> Self {
        Self { every, full_at: None }
    }

    /// Returns whether the credit allows to flush so many rows.
    pub fn allows(&self, rows: usize, now: Timestamp) -> bool {
        self.missing(now) + self.price(rows) <= self.most()
    }

    /// Subtracts the cost of so many rows, at most the whole credit.
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

    /// Counts the flushes of so many rows in these seconds, with one try each second.
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

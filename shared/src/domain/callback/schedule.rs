//! When a failed call is made again, and how long an event is stored. Source of the times: Standard Webhooks 1.0.0,
//! "Deliverability and reliability".

use std::time::Duration;

use crate::domain::time::Timestamp;

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;

/// Delays before each try; the first is at once. Tries within [`QUEUE_DELAY`] wait in the queue, later ones in a row.
const DELAYS: [u64; 10] =
    [0, 5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 20 * HOUR];

/// The longest delay of a try that waits in the queue.
const QUEUE_DELAY: Duration = Duration::from_secs(5);

/// Time for which an event is stored after its last try, so that the app can have it sent again.
pub const STORED: Duration = Duration::from_secs(3 * 24 * HOUR);

/// Where an event goes after a failed try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextTry {
    /// into the queue, with this delay
    Queue(Duration),
    /// into a row, until this time
    Row(Timestamp),
    /// into a row, until the app asks for it
    Never,
}

/// Returns where an event goes after so many failed tries. `jitter` (0 to 1) spreads the events of an outage over a
/// tenth of the delay.
pub fn next_try(tries: u32, jitter: f64, now: Timestamp) -> NextTry {
    let Some(delay) = DELAYS.get(usize::try_from(tries).unwrap_or(usize::MAX)) else {
        return NextTry::Never;
    };
    let delay = Duration::from_secs(*delay);
    if delay <= QUEUE_DELAY {
        return NextTry::Queue(delay);
    }
    NextTry::Row(now.plus(delay.mul_f64(1.0 + jitter.clamp(0.0, 1.0) / 10.0)))
}

/// Length of a window of events that the app can have sent again. Source: Easemob, "callbacks/storage/info".
const WINDOW: i64 = 600_000;

/// Returns the window of an event in Easemob's form `yyyyMMddHHmm`, in UTC.
pub fn window_of(at: Timestamp) -> String {
    let start = Timestamp::from_millis(at.as_millis().div_euclid(WINDOW) * WINDOW);
    let instant = jiff::Timestamp::from_millisecond(start.as_millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    instant.strftime("%Y%m%d%H%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    #[test]
    fn tries_are_ten_and_the_last_ones_wait_in_rows() {
        let waits: Vec<NextTry> = (0..11).map(|tries| next_try(tries, 0.0, NOW)).collect();
        assert_eq!(waits[..2], [NextTry::Queue(Duration::ZERO), NextTry::Queue(Duration::from_secs(5))]);
        let after = |seconds: u64| NextTry::Row(NOW.plus(Duration::from_secs(seconds)));
        assert_eq!(waits[2..6], [after(300), after(1800), after(7200), after(18_000)]);
        assert_eq!(waits[6..], [after(36_000), after(50_400), after(72_000), after(72_000), NextTry::Never]);
        assert_eq!(next_try(u32::MAX, 1.0, NOW), NextTry::Never);
    }

    #[test]
    fn events_of_an_outage_do_not_come_back_at_one_moment() {
        assert_eq!(next_try(2, 1.0, NOW), NextTry::Row(NOW.plus(Duration::from_secs(330))));
    }

    #[test]
    fn a_window_is_ten_minutes_long_and_named_by_its_start() {
        // 2022-06-28T10:07:04Z
        let at = Timestamp::from_millis(1_656_410_824_142);
        assert_eq!(window_of(at), "202206281000");
        assert_eq!(window_of(at.plus(Duration::from_secs(180))), "202206281010");
        assert_eq!(window_of(Timestamp::from_millis(0)), "197001010000");
    }
}

//! The health of an app's server: when it is left alone, and when it is asked again.
//!
//! A server with many failures in a short time is banned for some minutes. Source: Easemob, "post-delivery callback". A
//! server that asks for it is left alone for a while, too. Then one call, the probe, shows whether it is back.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;

/// Failures within [`FAILURE_WINDOW`] that ban a server.
pub const BANNING_FAILURES: u32 = 90;
/// The time in which failures are counted.
const FAILURE_WINDOW: Duration = Duration::from_secs(30);
/// Lengths of the first ban, of the second within [`REPEATS`] and so on.
const BANS: [Duration; 5] = [
    Duration::from_secs(5 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(20 * 60),
    Duration::from_secs(25 * 60),
];
/// Time after a ban in which the next one is longer.
const REPEATS: Duration = Duration::from_secs(24 * 3600);
/// How long others wait for the result of a probe.
const PROBE: Duration = Duration::from_secs(30);
/// How long a server is left alone that answers 429, 502 or 504 and does not say for how long.
pub const USUAL_PAUSE: Duration = Duration::from_secs(60);
/// The longest time for which a server may ask to be left alone.
pub const MAX_PAUSE: Duration = Duration::from_secs(3600);
/// Time for which the row stays unused: as long as bans count.
pub const ENDPOINT_RETENTION: Duration = REPEATS;

/// The health of an app's server, as it is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// when the count of failures began
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// failures since then
    #[serde(default)]
    pub failures: u32,
    /// no call before this time
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_until: Option<Timestamp>,
    /// bans within a day of each other
    #[serde(default)]
    pub bans: u32,
    /// when the last one began
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub banned_at: Option<Timestamp>,
    /// the setting whose server this is, by [`Callback::set_at`](super::Callback::set_at)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setting: Option<Timestamp>,
    /// how often the row was changed when it was read
    #[serde(skip)]
    pub version: u32,
}

/// Whether a server may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// it may be called
    Open,
    /// one call shows whether it is back
    Probe,
    /// no call before this time
    Closed(Timestamp),
}

impl Endpoint {
    /// Returns the health of the server of this setting. A server that was set since is healthy, because it may be
    /// another one. `None` if the setting is older than the stored one.
    pub fn of_setting(self, set_at: Timestamp) -> Option<Self> {
        match self.setting {
            Some(setting) if setting > set_at => None,
            Some(setting) if setting < set_at => {
                Some(Self { setting: Some(set_at), version: self.version, ..Self::default() })
            }
            _ => Some(Self { setting: Some(set_at), ..self }),
        }
    }

    /// Returns whether the server may be called now.
    pub fn door(&self, now: Timestamp) -> Door {
        match self.closed_until {
            None => Door::Open,
            Some(until) if now < until => Door::Closed(until),
            Some(_) => Door::Probe,
        }
    }

    /// Closes the door to others while one caller probes.
    pub fn probing(&self, now: Timestamp) -> Self {
        Self { closed_until: Some(now.plus(PROBE)), ..self.clone() }
    }

    /// Adds failures, and bans the server if they are too many. A failed probe bans at once.
    pub fn after_failures(&self, failures: u32, probed: bool, now: Timestamp) -> Self {
        let counts = self.failing_since.is_some_and(|since| now.since(since) < FAILURE_WINDOW);
        let (failing_since, before) = if counts { (self.failing_since, self.failures) } else { (Some(now), 0) };
        let failures = before.saturating_add(failures);
        // Failures of calls that began before a ban do not lengthen it.
        let is_closed = matches!(self.door(now), Door::Closed(_));
        if probed || failures >= BANNING_FAILURES && !is_closed {
            return self.banned(now);
        }
        Self { failing_since, failures, ..self.clone() }
    }

    fn banned(&self, now: Timestamp) -> Self {
        let repeated = self.banned_at.is_some_and(|at| now.since(at) < REPEATS);
        let bans = if repeated { self.bans.saturating_add(1) } else { 1 };
        let place = usize::try_from(bans).unwrap_or(usize::MAX).min(BANS.len()) - 1;
        let closed_until = Some(now.plus(BANS[place]));
        Self { failing_since: None, failures: 0, closed_until, bans, banned_at: Some(now), ..self.clone() }
    }

    /// Leaves the server alone because it asked for that.
    pub fn paused(&self, pause: Duration, now: Timestamp) -> Self {
        let until = now.plus(pause.min(MAX_PAUSE));
        Self { closed_until: self.closed_until.max(Some(until)), ..self.clone() }
    }

    /// Opens the door after a success. Bans of the last day still count.
    pub fn after_success(&self) -> Self {
        Self { failing_since: None, failures: 0, closed_until: None, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000_000);

    fn later(seconds: u64) -> Timestamp {
        NOW.plus(Duration::from_secs(seconds))
    }

    #[test]
    fn ninety_failures_in_thirty_seconds_ban_and_fewer_or_slower_ones_do_not() {
        let few = Endpoint::default().after_failures(89, false, NOW);
        assert_eq!(few.door(later(1)), Door::Open);
        assert_eq!(few.after_failures(1, false, later(29)).door(later(29)), Door::Closed(later(329)));
        assert_eq!(few.after_failures(89, false, later(30)).door(later(30)), Door::Open);
    }

    #[test]
    fn each_ban_within_a_day_is_longer_than_the_one_before() {
        let (mut endpoint, mut now, mut lengths) = (Endpoint::default(), NOW, Vec::new());
        for _ in 0..7 {
            endpoint = endpoint.after_failures(90, false, now);
            let until = endpoint.closed_until.unwrap();
            lengths.push(until.since(now).as_secs() / 60);
            now = until;
            assert_eq!(endpoint.door(now), Door::Probe);
            endpoint = endpoint.after_success();
            assert_eq!(endpoint.door(now), Door::Open);
        }
        assert_eq!(lengths, [5, 10, 15, 20, 25, 25, 25]);
        let next_day = now.plus(REPEATS);
        assert_eq!(endpoint.after_failures(90, false, next_day).bans, 1);
    }

    #[test]
    fn one_caller_probes_while_others_wait_and_its_failure_bans_again() {
        let banned = Endpoint::default().after_failures(90, false, NOW);
        let probing = banned.probing(later(300));
        assert_eq!(probing.door(later(301)), Door::Closed(later(330)));
        assert_eq!(probing.door(later(330)), Door::Probe, "a probe that never ended is made again");
        assert_eq!(probing.after_failures(1, true, later(305)).door(later(305)), Door::Closed(later(905)));
        assert_eq!(probing.after_success().door(later(305)), Door::Open);
    }

    #[test]
    fn a_server_that_was_set_since_is_healthy_and_an_older_setting_says_nothing_of_it() {
        let banned = Endpoint { version: 3, ..Endpoint::default() }.of_setting(later(1)).unwrap();
        let banned = banned.after_failures(90, false, later(1));
        assert_eq!(banned.clone().of_setting(later(1)), Some(banned.clone()));
        let next = banned.clone().of_setting(later(2)).unwrap();
        assert_eq!((next.door(later(2)), next.bans, next.version), (Door::Open, 0, 3));
        assert_eq!(banned.of_setting(NOW), None);
    }

    #[test]
    fn late_failures_do_not_lengthen_a_ban() {
        let banned = Endpoint::default().after_failures(90, false, NOW);
        assert_eq!(banned.after_failures(95, false, later(4)).closed_until, banned.closed_until);
    }

    #[test]
    fn a_server_is_left_alone_for_an_hour_at_most() {
        let paused = Endpoint::default().paused(Duration::from_secs(86_400), NOW);
        assert_eq!(paused.door(NOW), Door::Closed(later(3600)));
        assert_eq!(paused.paused(USUAL_PAUSE, NOW), paused, "a longer wish counts");
        assert_eq!(paused.door(later(3600)), Door::Probe);
    }
}

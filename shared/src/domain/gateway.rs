//! Leases of IM gateways: one lease keeps the devices of many users online.
//!
//! A device whose last event names a gateway has no lease of its own. It is online until its gateway's lease expires.
//!
//! A gateway that dies stops renewing, so its devices go offline with the lease. A gateway that restarts under the same
//! id has lost its connections. Its new lease does not count for devices that it reported before.

use std::time::Duration;

use super::time::Timestamp;

/// Minimum duration of a lease.
pub const MIN_TTL: Duration = Duration::from_secs(5);
/// Maximum duration of a lease.
pub const MAX_TTL: Duration = Duration::from_secs(300);

/// A gateway's request to renew its lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renewal {
    /// when the gateway sent it
    pub at: Timestamp,
    /// how long the lease lasts from then on
    pub ttl: Duration,
    /// when the gateway started, by its own clock; `None` if it does not say
    pub started_at: Option<Timestamp>,
    /// the app's presence lease: how long a device is online that the gateway reported before it had a lease
    pub grace: Duration,
}

/// The lease of a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GatewayLease {
    /// devices reported before this time are not connected any more
    pub since: Timestamp,
    /// when it was last renewed
    pub renewed_at: Timestamp,
    /// its end
    pub until: Timestamp,
}

impl GatewayLease {
    /// Applies a renewal to `current`.
    ///
    /// If the gateway says when it started, the lease keeps the devices that it reported since. Otherwise an unexpired
    /// lease continues. An expired lease starts again and keeps the devices reported after its end. A first lease keeps
    /// the devices whose grace has not ended.
    pub fn after(current: Option<&Self>, renewal: &Renewal) -> Self {
        let since = renewal.started_at.unwrap_or_else(|| match current {
            Some(lease) if renewal.at < lease.until => lease.since,
            Some(lease) => lease.until.max(renewal.at.minus(renewal.grace)),
            None => renewal.at.minus(renewal.grace),
        });
        Self { since, renewed_at: renewal.at, until: renewal.at.plus(renewal.ttl) }
    }

    /// Returns whether the lease covers a device that the gateway reported at `reported`.
    pub fn keeps(&self, reported: Timestamp) -> bool {
        (self.since..=self.until).contains(&reported)
    }

    /// Returns until when a device is online that the gateway reported at `reported`.
    ///
    /// A report newer than the end of the lease comes from a gateway that is about to renew it. It counts until
    /// `grace`, as if the gateway had never had a lease.
    pub fn end_for(&self, reported: Timestamp, grace: Timestamp) -> Timestamp {
        if self.keeps(reported) {
            self.until
        } else if reported < self.since {
            reported
        } else {
            grace
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(300);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1000)
    }

    fn renewed(current: Option<&GatewayLease>, second: i64, started_at: Option<i64>) -> GatewayLease {
        let ttl = Duration::from_secs(30);
        GatewayLease::after(current, &Renewal { at: at(second), ttl, started_at: started_at.map(at), grace: GRACE })
    }

    /// Returns whether a device that was reported at `reported` is online at `now`.
    fn online(lease: &GatewayLease, reported: i64, now: i64) -> bool {
        at(now) < lease.end_for(at(reported), at(reported).plus(GRACE))
    }

    #[test]
    fn devices_are_online_while_their_gateway_renews_and_offline_when_its_lease_ends() {
        let mut lease = renewed(None, 1_000, None);
        for second in (1_010..2_000).step_by(10) {
            lease = renewed(Some(&lease), second, None);
        }
        assert!(online(&lease, 1_001, 2_019) && !online(&lease, 1_001, 2_020));
    }

    #[test]
    fn a_first_lease_keeps_the_devices_whose_grace_lasts() {
        let lease = renewed(None, 1_000, None);
        assert!(online(&lease, 700, 1_001) && !online(&lease, 699, 1_001));
    }

    #[test]
    fn a_lease_that_ended_keeps_nobody_of_before_when_it_begins_anew() {
        let ended = renewed(None, 1_000, None);
        let anew = renewed(Some(&ended), 1_040, None);
        assert!(!online(&anew, 1_020, 1_041) && online(&anew, 1_035, 1_041));
        let much_later = renewed(Some(&ended), 9_000, None);
        assert!(!online(&much_later, 8_699, 9_001) && online(&much_later, 8_700, 9_001));
    }

    #[test]
    fn a_gateway_that_tells_when_it_began_keeps_exactly_whom_it_reported_since() {
        let first = renewed(None, 1_000, Some(990));
        for second in [1_010, 1_040] {
            let again = renewed(Some(&first), second, Some(1_005));
            assert!(!online(&again, 1_004, second + 1) && online(&again, 1_006, second + 1), "{second}");
            let hiccup = renewed(Some(&first), second, Some(990));
            assert!(online(&hiccup, 1_004, second + 1), "{second}");
        }
    }

    #[test]
    fn a_report_behind_the_end_of_the_lease_counts_for_a_grace() {
        let ended = renewed(None, 1_000, None);
        assert!(!online(&ended, 1_030, 1_031));
        assert!(online(&ended, 1_031, 1_330) && !online(&ended, 1_031, 1_331));
    }
}

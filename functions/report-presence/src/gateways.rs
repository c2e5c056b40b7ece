//! Renewals of gateways' leases.

use std::time::Duration;

use shared::{
    domain::{
        gateway::{MAX_TTL, MIN_TTL, Renewal},
        invalid::Invalid,
        time::Timestamp,
    },
    lambda::fields::Fields,
};

use crate::events::CLOCK_SKEW;

/// Parses a renewal. `grace` is the app's presence lease.
pub fn parse(fields: &Fields, now: Timestamp, grace: Duration) -> Result<Renewal, Invalid> {
    let seconds = fields.optional_integer("ttl_seconds")?.ok_or_else(|| Invalid::new("ttl_seconds", "is required"))?;
    let ttl = u64::try_from(seconds).ok().map(Duration::from_secs).filter(|ttl| (MIN_TTL..=MAX_TTL).contains(ttl));
    let ttl = ttl.ok_or_else(|| {
        Invalid::new("ttl_seconds", format!("must be {} to {}", MIN_TTL.as_secs(), MAX_TTL.as_secs()))
    })?;
    let started_at = fields.optional_integer("started_at")?.map(|at| started_at(at, now)).transpose()?;
    Ok(Renewal { at: now, ttl, started_at, grace })
}

fn started_at(millis: i64, now: Timestamp) -> Result<Timestamp, Invalid> {
    Timestamp::parse_millis(millis)
        .filter(|at| at.since(now) <= CLOCK_SKEW)
        .ok_or_else(|| Invalid::new("started_at", "must be Unix milliseconds, at most 60 s in the future"))
}

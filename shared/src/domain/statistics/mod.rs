//! Statistics of pushes: what is counted, by which hour, and how counts add up.
//!
//! A count belongs to the hour in which its message was accepted, whenever it is made. What was decided is no count of its own: it is the
//! sum of what was suppressed, accepted and refused.

mod counts;
mod credit;
mod date;
mod hour;
mod tally;

use std::time::Duration;

pub use self::{
    counts::{CountedRow, Counts, Figure, Subject},
    credit::{FLUSHES_IN_HAND, FlushCredit},
    hour::{Day, Hour, HoursOfDay, hours_by_day},
    tally::{MAX_WAIT, Tally, WaitingRow},
};
use super::{push::SemanticClass, reason::Reason, vendor::Vendor};

/// How long counts are kept after their hour.
pub const STATISTICS_RETENTION: Duration = Duration::from_secs(400 * 24 * 3600);

/// Something that is counted once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counted {
    /// a receiver who gets no push
    Suppressed {
        /// what kind of disturbance it would have been
        class: SemanticClass,
        /// why
        reason: Reason,
    },
    /// a push to one device that the vendor took over
    Accepted {
        /// the vendor
        vendor: Vendor,
        /// its kind of disturbance
        class: SemanticClass,
    },
    /// a push to one device that ended otherwise
    Refused {
        /// the vendor
        vendor: Vendor,
        /// its kind of disturbance
        class: SemanticClass,
        /// why
        reason: Reason,
    },
    /// a push that a phone has, as its vendor reports; reports do not say its kind of disturbance
    Delivered {
        /// the vendor
        vendor: Vendor,
    },
    /// a push that a user opened, as the vendor or the app reports
    Clicked {
        /// the vendor
        vendor: Vendor,
    },
}

impl Counted {
    /// What it is counted with.
    pub const fn subject(self) -> Subject {
        match self {
            Self::Suppressed { class, .. } => Subject::Suppressed(class),
            Self::Accepted { vendor, .. }
            | Self::Refused { vendor, .. }
            | Self::Delivered { vendor }
            | Self::Clicked { vendor } => Subject::Vendor(vendor),
        }
    }

    /// The figures that it raises.
    pub fn figures(self) -> Vec<Figure> {
        match self {
            Self::Suppressed { reason, .. } => vec![Figure::Suppressed(reason)],
            Self::Accepted { class, .. } => vec![Figure::Accepted(class)],
            Self::Refused { class, reason, .. } => vec![Figure::RefusedOf(class), Figure::RefusedFor(reason)],
            Self::Delivered { .. } => vec![Figure::Delivered],
            Self::Clicked { .. } => vec![Figure::Clicked],
        }
    }
}

//! Statistics of pushes: what is counted, and how counts add up.
//!
//! A count belongs to the hour in which its message was accepted, even if the event comes later. The number of decided
//! pushes is not counted: it is the sum of suppressed, accepted and failed ones.

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

/// Time for which counts are stored after their hour.
pub const STATISTICS_RETENTION: Duration = Duration::from_secs(400 * 24 * 3600);

/// Event that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counted {
    /// a receiver who gets no push
    Suppressed {
        /// the message's class
        class: SemanticClass,
        /// why
        reason: Reason,
    },
    /// a push to one device that the vendor accepted
    Accepted {
        /// the vendor
        vendor: Vendor,
        /// the class
        class: SemanticClass,
    },
    /// a push to one device that failed
    Refused {
        /// the vendor
        vendor: Vendor,
        /// the class
        class: SemanticClass,
        /// why
        reason: Reason,
    },
    /// a push that reached the phone, as the vendor reports; reports do not name the class
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
    /// Returns the subject under which it is counted.
    pub const fn subject(self) -> Subject {
        match self {
            Self::Suppressed { class, .. } => Subject::Suppressed(class),
            Self::Accepted { vendor, .. }
            | Self::Refused { vendor, .. }
            | Self::Delivered { vendor }
            | Self::Clicked { vendor } => Subject::Vendor(vendor),
        }
    }

    /// Returns the figures that it increases.
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

//! Counts, and how they add up.

use std::collections::BTreeMap;

use super::{Counted, Hour};
use crate::domain::{push::SemanticClass, reason::Reason, vendor::Vendor};

/// A group of figures that one row holds for an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// the pushes of a vendor
    Vendor(Vendor),
    /// the suppressed receivers of messages of a class
    Suppressed(SemanticClass),
}

/// One number of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Figure {
    /// receivers who got no push for this reason
    Suppressed(Reason),
    /// pushes of this class that the vendor accepted
    Accepted(SemanticClass),
    /// pushes of this class that failed
    RefusedOf(SemanticClass),
    /// the same failed pushes by reason; both kinds add up to the same number
    RefusedFor(Reason),
    /// pushes that reached the phone
    Delivered,
    /// pushes that users opened
    Clicked,
}

impl Figure {
    /// Returns every figure that a vendor can have, in a fixed order.
    pub fn of_vendor() -> impl Iterator<Item = Self> {
        let classes = SemanticClass::ALL.into_iter();
        let refused = classes.clone().map(Self::RefusedOf).chain(reasons().map(Self::RefusedFor));
        classes.map(Self::Accepted).chain(refused).chain([Self::Delivered, Self::Clicked])
    }

    /// Returns every figure of suppressed receivers, in a fixed order.
    pub fn of_suppressed() -> impl Iterator<Item = Self> {
        reasons().map(Self::Suppressed)
    }
}

/// Returns every reason, including the one for reasons of later versions.
fn reasons() -> impl Iterator<Item = Reason> {
    Reason::ALL.into_iter().chain([Reason::Unknown])
}

/// The numbers of one subject.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<Figure, u64>);

impl Counts {
    /// Returns the number of a figure.
    pub fn get(&self, figure: Figure) -> u64 {
        self.0.get(&figure).copied().unwrap_or_default()
    }

    /// Returns every figure above zero.
    pub fn iter(&self) -> impl Iterator<Item = (Figure, u64)> + '_ {
        self.0.iter().map(|(figure, number)| (*figure, *number))
    }

    /// Returns whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Increases a figure.
    pub fn raise(&mut self, figure: Figure, by: u64) {
        if by > 0 {
            let number = self.0.entry(figure).or_default();
            *number = number.saturating_add(by);
        }
    }

    /// Adds other counts to these.
    pub fn add(&mut self, other: &Self) {
        other.iter().for_each(|(figure, number)| self.raise(figure, number));
    }

    /// Returns how many receivers got no push.
    pub fn suppressed(&self) -> u64 {
        self.sum(|figure| matches!(figure, Figure::Suppressed(_)))
    }

    /// Returns how many pushes the vendor accepted.
    pub fn accepted(&self) -> u64 {
        self.sum(|figure| matches!(figure, Figure::Accepted(_)))
    }

    /// Returns how many pushes failed.
    pub fn refused(&self) -> u64 {
        self.sum(|figure| matches!(figure, Figure::RefusedOf(_)))
    }

    /// Returns the number of decided pushes: suppressed, accepted and failed.
    pub fn decided(&self) -> u64 {
        self.suppressed().saturating_add(self.accepted()).saturating_add(self.refused())
    }

    /// Returns how many pushes reached the phone, if the vendor reports that.
    pub fn delivered(&self) -> u64 {
        self.get(Figure::Delivered)
    }

    /// Returns how many pushes users opened, if the vendor or the app reports that.
    pub fn clicked(&self) -> u64 {
        self.get(Figure::Clicked)
    }

    fn sum(&self, wanted: impl Fn(Figure) -> bool) -> u64 {
        self.iter().filter(|(figure, _)| wanted(*figure)).map(|(_, number)| number).fold(0, u64::saturating_add)
    }
}

impl FromIterator<(Figure, u64)> for Counts {
    fn from_iter<I: IntoIterator<Item = (Figure, u64)>>(figures: I) -> Self {
        let mut counts = Self::default();
        figures.into_iter().for_each(|(figure, number)| counts.raise(figure, number));
        counts
    }
}

/// The counts of one subject in one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedRow {
    /// when the messages were accepted
    pub hour: Hour,
    /// what is counted
    pub subject: Subject,
    /// how often
    pub counts: Counts,
}

impl CountedRow {
    /// Creates a row for one event that was counted `times`, of messages accepted in this hour.
    pub fn of(hour: Hour, counted: Counted, times: u64) -> Self {
        let counts = counted.figures().into_iter().map(|figure| (figure, times)).collect();
        Self { hour, subject: counted.subject(), counts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IM: SemanticClass = SemanticClass::Im;

    #[test]
    fn what_is_decided_is_what_is_suppressed_accepted_and_refused() {
        let counted = [
            Counted::Suppressed { class: IM, reason: Reason::UserOnline },
            Counted::Accepted { vendor: Vendor::Fcm, class: IM },
            Counted::Refused { vendor: Vendor::Fcm, class: IM, reason: Reason::IllegalBinding },
            Counted::Delivered { vendor: Vendor::Fcm },
            Counted::Clicked { vendor: Vendor::Fcm },
        ];
        let mut counts = Counts::default();
        for (times, one) in (1..).zip(counted) {
            counts.add(&one.figures().into_iter().map(|figure| (figure, times)).collect());
        }
        assert_eq!((counts.suppressed(), counts.accepted(), counts.refused()), (1, 2, 3));
        assert_eq!((counts.decided(), counts.delivered(), counts.clicked()), (6, 4, 5));
        assert_eq!(counts.get(Figure::RefusedFor(Reason::IllegalBinding)), 3);
    }

    #[test]
    fn every_thing_that_is_counted_has_its_figures_with_its_subject() {
        let reason = Reason::NotifierDisabled;
        for class in SemanticClass::ALL {
            let vendor = Vendor::Oppo;
            for counted in [
                Counted::Suppressed { class, reason },
                Counted::Accepted { vendor, class },
                Counted::Refused { vendor, class, reason },
                Counted::Delivered { vendor },
                Counted::Clicked { vendor },
            ] {
                let known: Vec<Figure> = match counted.subject() {
                    Subject::Vendor(_) => Figure::of_vendor().collect(),
                    Subject::Suppressed(_) => Figure::of_suppressed().collect(),
                };
                assert!(counted.figures().iter().all(|figure| known.contains(figure)), "{counted:?}");
            }
        }
    }
}

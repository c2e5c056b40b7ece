//! Sums counts by hour or day, and by the dimension of the call.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use shared::{
    domain::{
        push::SemanticClass,
        reason::Reason,
        statistics::{CountedRow, Counts, Figure, Hour, Subject},
        vendor::Vendor,
    },
    ports::apps::AppConfig,
};

use super::{
    query::{By, Step},
    reporting::Reporting,
};

/// The dimension value of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Everything,
    Vendor(Vendor),
    Class(SemanticClass),
    Reason(Reason),
    /// no dimension value: suppressed receivers have no vendor, and accepted pushes no reason
    Without,
}

/// The counts of one entry.
#[derive(Debug, Default)]
struct Sums {
    suppressed: u64,
    accepted: u64,
    refused: u64,
    delivered: u64,
    clicked: u64,
    /// the vendors whose reports this entry counts
    vendors: BTreeSet<Vendor>,
}

/// The entries of an answer.
#[derive(Debug)]
pub(super) struct Entries {
    by: By,
    step: Step,
    entries: BTreeMap<(Hour, Part), Sums>,
    /// all counts of each vendor
    vendors: BTreeMap<Vendor, Counts>,
}

impl Entries {
    /// Creates entries without counts.
    pub(super) fn new(by: By, step: Step) -> Self {
        Self { by, step, entries: BTreeMap::new(), vendors: BTreeMap::new() }
    }

    /// Adds a row.
    pub(super) fn add(&mut self, row: &CountedRow) {
        let from = match self.step {
            Step::Hour => row.hour,
            Step::Day => row.hour.day().first_hour(),
        };
        if let Subject::Vendor(vendor) = row.subject {
            self.vendors.entry(vendor).or_default().add(&row.counts);
        }
        for (figure, number) in row.counts.iter() {
            let Some(part) = part(self.by, row.subject, figure) else { continue };
            let sums = self.entries.entry((from, part)).or_default();
            let sum = match figure {
                Figure::Suppressed(_) => &mut sums.suppressed,
                Figure::Accepted(_) => &mut sums.accepted,
                Figure::RefusedOf(_) | Figure::RefusedFor(_) => &mut sums.refused,
                Figure::Delivered => &mut sums.delivered,
                Figure::Clicked => &mut sums.clicked,
            };
            *sum = sum.saturating_add(number);
            if let (Subject::Vendor(vendor), false) = (row.subject, matches!(part, Part::Class(_) | Part::Reason(_))) {
                sums.vendors.insert(vendor);
            }
        }
    }

    /// Returns the entries as the API writes them, the oldest first.
    pub(super) fn shown(&self, config: &AppConfig) -> Vec<Value> {
        let reporting = Reporting::of(config, self.vendors.iter().map(|(vendor, counts)| (*vendor, counts)));
        self.entries.iter().map(|((from, part), sums)| entry(*from, *part, sums, &reporting)).collect()
    }
}

/// Returns the part that counts a figure of a subject, or `None` if another figure already counts it. Vendors' reports
/// have neither class nor reason. By class they are omitted; by reason they are counted with the accepted pushes.
fn part(by: By, subject: Subject, figure: Figure) -> Option<Part> {
    match (by, figure) {
        // These are the same pushes, counted a second time.
        (By::Nothing | By::Vendor | By::Class, Figure::RefusedFor(_)) | (By::Reason, Figure::RefusedOf(_)) => None,
        (By::Nothing, _) => Some(Part::Everything),
        (By::Vendor, _) => Some(match subject {
            Subject::Vendor(vendor) => Part::Vendor(vendor),
            Subject::Suppressed(_) => Part::Without,
        }),
        (By::Class, Figure::Accepted(class) | Figure::RefusedOf(class)) => Some(Part::Class(class)),
        (By::Class, Figure::Suppressed(_)) => match subject {
            Subject::Suppressed(class) => Some(Part::Class(class)),
            Subject::Vendor(_) => None,
        },
        (By::Class, Figure::Delivered | Figure::Clicked) => None,
        (By::Reason, Figure::Suppressed(reason) | Figure::RefusedFor(reason)) => Some(Part::Reason(reason)),
        (By::Reason, Figure::Accepted(_) | Figure::Delivered | Figure::Clicked) => Some(Part::Without),
    }
}

fn entry(from: Hour, part: Part, sums: &Sums, reporting: &Reporting) -> Value {
    let &Sums { suppressed, accepted, refused, delivered, clicked, ref vendors } = sums;
    let decided = suppressed.saturating_add(accepted).saturating_add(refused);
    let named = match part {
        Part::Everything | Part::Without => None,
        Part::Vendor(vendor) => Some(("vendor", json!(vendor))),
        Part::Class(class) => Some(("class", json!(class))),
        Part::Reason(reason) => Some(("reason", json!(reason))),
    };
    let delivered = vendors.iter().any(|vendor| reporting.delivered(*vendor)).then_some(delivered);
    let clicked = vendors.iter().any(|vendor| reporting.clicked(*vendor)).then_some(clicked);
    let counts = [
        ("from", json!(from.begin())),
        ("decided", json!(decided)),
        ("suppressed", json!(suppressed)),
        ("accepted", json!(accepted)),
        ("refused", json!(refused)),
        ("delivered", json!(delivered)),
        ("clicked", json!(clicked)),
    ];
    let all = counts.into_iter().chain(named).map(|(name, value)| (name.to_owned(), value));
    Value::Object(all.collect::<Map<_, _>>())
}

//! Which vendors' pushes are reported as delivered or clicked. Without reports a count is unknown, and not 0.

use std::collections::BTreeSet;

use shared::{
    domain::{receipt::Event, statistics::Counts, vendor::Vendor},
    ports::apps::AppConfig,
};
use vendors::{notifier::receipt_url::receipts_are_off, reports};

/// The vendors whose pushes are reported.
#[derive(Debug, Default)]
pub(super) struct Reporting {
    delivered: BTreeSet<Vendor>,
    clicked: BTreeSet<Vendor>,
}

impl Reporting {
    /// Finds the vendors from their documents, the present notifiers, and all counts of an answer. A vendor with a
    /// counted report is reported, whoever sends the report.
    pub(super) fn of<'a>(config: &AppConfig, counted: impl Iterator<Item = (Vendor, &'a Counts)>) -> Self {
        let expected = |event| Vendor::ALL.into_iter().filter(move |vendor| is_expected(config, *vendor, event));
        let mut reporting =
            Self { delivered: expected(Event::Delivered).collect(), clicked: expected(Event::Clicked).collect() };
        for (vendor, counts) in counted {
            if counts.delivered() > 0 {
                reporting.delivered.insert(vendor);
            }
            if counts.clicked() > 0 {
                reporting.clicked.insert(vendor);
            }
        }
        reporting
    }

    /// Returns whether pushes of this vendor are reported as delivered.
    pub(super) fn delivered(&self, vendor: Vendor) -> bool {
        self.delivered.contains(&vendor)
    }

    /// Returns whether pushes of this vendor are reported as opened.
    pub(super) fn clicked(&self, vendor: Vendor) -> bool {
        self.clicked.contains(&vendor)
    }
}

/// Returns whether the vendor reports this event, unless the configuration of each of its notifiers prevents it.
fn is_expected(config: &AppConfig, vendor: Vendor, event: Event) -> bool {
    let mut own = config.notifiers.values().filter(|notifier| notifier.vendor == vendor).peekable();
    let all_off = own.peek().is_some() && own.all(|notifier| receipts_are_off(vendor, &notifier.options));
    reports(vendor, event) && !all_off
}

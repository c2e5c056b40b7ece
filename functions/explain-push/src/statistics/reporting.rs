//! Whose pushes are reported as delivered or clicked. Where nobody reports, a count is unknown, and never 0.

use std::collections::BTreeSet;

use shared::{
    domain::{receipt::Event, statistics::Counts, vendor::Vendor},
    ports::apps::AppConfig,
};
use vendors::{notifier::receipt_url::receipts_are_off, spec};

/// The vendors whose pushes are reported.
#[derive(Debug, Default)]
pub(super) struct Reporting {
    delivered: BTreeSet<Vendor>,
    clicked: BTreeSet<Vendor>,
}

impl Reporting {
    /// What is known of an app's vendors from the vendors' own documents, the notifiers of now, and everything that an answer counts: what
    /// was reported once in its time is reported, whoever reports it.
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

    /// Whether pushes of this vendor are reported as delivered.
    pub(super) fn delivered(&self, vendor: Vendor) -> bool {
        self.delivered.contains(&vendor)
    }

    /// Whether pushes of this vendor are reported as opened.
    pub(super) fn clicked(&self, vendor: Vendor) -> bool {
        self.clicked.contains(&vendor)
    }
}

/// Whether the vendor reports this, unless each of its notifiers keeps it from reporting.
fn is_expected(config: &AppConfig, vendor: Vendor, event: Event) -> bool {
    let mut own = config.notifiers.values().filter(|notifier| notifier.vendor == vendor).peekable();
    let all_off = own.peek().is_some() && own.all(|notifier| receipts_are_off(vendor, &notifier.options));
    spec(vendor).reports(event) && !all_off
}

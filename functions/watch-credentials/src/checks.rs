//! Lets the vendors' functions check credentials.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures::future::join_all;
use shared::{
    domain::{id::AppKey, notifier::NotifierSummary, vendor::Vendor},
    lambda::{
        deadline::Deadline,
        metric::{Metric, Metrics},
    },
    ports::credential_check::{CheckCredentials, CheckResult, CheckedNotifier, MAX_CHECKED},
};

/// Time that a call of a vendor's function may take.
const CALL: Duration = Duration::from_secs(22);

/// The checks of an invocation.
pub(crate) struct Checks<'p> {
    vendors: &'p dyn CheckCredentials,
    metrics: &'p Metrics,
    /// vendors of which a whole call found nothing out; they are left alone for the rest of the invocation
    silent: Mutex<BTreeSet<Vendor>>,
}

impl<'p> Checks<'p> {
    /// Creates the checks of an invocation.
    pub(crate) fn new(vendors: &'p dyn CheckCredentials, metrics: &'p Metrics) -> Self {
        Self { vendors, metrics, silent: Mutex::default() }
    }

    /// Checks these notifiers. Vendors are asked side by side, each by one call at a time. So a slow vendor delays no other,
    /// and none gets many requests at once.
    pub(crate) async fn run(&self, notifiers: &[(AppKey, NotifierSummary)], by: Deadline) {
        let mut vendors: BTreeMap<Vendor, Vec<CheckedNotifier>> = BTreeMap::new();
        for (app, notifier) in notifiers {
            let one = CheckedNotifier { app: app.clone(), notifier: notifier.name.clone() };
            vendors.entry(notifier.vendor).or_default().push(one);
        }
        join_all(vendors.iter().map(|(vendor, asked)| self.check(*vendor, asked, by))).await;
    }

    async fn check(&self, vendor: Vendor, asked: &[CheckedNotifier], by: Deadline) {
        for call in asked.chunks(MAX_CHECKED) {
            if self.is_silent(vendor) || !by.allows(CALL) {
                self.count(vendor, &vec![CheckResult::Skipped; call.len()]);
                continue;
            }
            let results = match by.wait(self.vendors.check(vendor, call)).await {
                Some(Ok(results)) => results,
                failed => {
                    let error = failed.and_then(Result::err).map(|error| error.chain());
                    tracing::warn!(%vendor, error, "credentials cannot be checked: the vendor's function does not answer");
                    vec![CheckResult::Unclear; call.len()]
                }
            };
            let found = |result: &CheckResult| !matches!(result, CheckResult::Unclear | CheckResult::Skipped);
            if !results.iter().any(found) && results.contains(&CheckResult::Unclear) {
                self.silent.lock().unwrap_or_else(PoisonError::into_inner).insert(vendor);
            }
            self.count(vendor, &results);
        }
    }

    fn is_silent(&self, vendor: Vendor) -> bool {
        self.silent.lock().unwrap_or_else(PoisonError::into_inner).contains(&vendor)
    }

    fn count(&self, vendor: Vendor, results: &[CheckResult]) {
        for result in results {
            self.metrics.add(Metric::CredentialChecks, [("vendor", vendor.name()), ("result", result.name())], 1);
        }
    }
}

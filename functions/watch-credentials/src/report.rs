//! Counts and logs which credentials are at risk.

use std::collections::BTreeMap;

use shared::{
    domain::{
        credential_check::Risk,
        id::{AppKey, NotifierName},
        notifier::NotifierSummary,
        time::Timestamp,
        warning::{Warning, warnings},
    },
    lambda::{
        deadline::Deadline,
        metric::{Metric, Metrics},
    },
    ports::apps::{NotifierHealth, ReadHealth},
};

/// Reports on these notifiers, app by app. An app whose health cannot be read is reported on in the next round, but for the
/// ends of its credentials.
pub(crate) async fn report(
    health: &dyn ReadHealth,
    notifiers: Vec<(AppKey, NotifierSummary)>,
    now: Timestamp,
    by: Deadline,
    metrics: &Metrics,
) {
    let mut apps: BTreeMap<AppKey, Vec<NotifierSummary>> = BTreeMap::new();
    for (app, notifier) in notifiers {
        apps.entry(app).or_default().push(notifier);
    }
    for (app, notifiers) in apps {
        let names: Vec<NotifierName> = notifiers.iter().map(|notifier| notifier.name.clone()).collect();
        let seen = match by.wait(health.health_of(&app, &names)).await {
            Some(Ok(seen)) => seen,
            failed => {
                let error = failed.and_then(Result::err).map(|error| error.chain());
                tracing::warn!(%app, error, "the health of an app's notifiers cannot be read");
                vec![NotifierHealth::default(); notifiers.len()]
            }
        };
        for (notifier, seen) in notifiers.iter().zip(&seen) {
            for (risk, warning) in risks(notifier, seen, now) {
                metrics.add(Metric::CredentialsAtRisk, [("risk", risk.name())], 1);
                log(&app, notifier, risk, &warning);
            }
        }
    }
}

/// Returns the risks of a credential, each once, with the warning that the API shows.
fn risks(notifier: &NotifierSummary, seen: &NotifierHealth, now: Timestamp) -> BTreeMap<Risk, Warning> {
    let warnings = warnings(seen.warning_facts(notifier, &[], Vec::new()), now);
    warnings.into_iter().rev().filter_map(|warning| Some((Risk::of(&warning)?, warning))).collect()
}

fn log(app: &AppKey, notifier: &NotifierSummary, risk: Risk, warning: &Warning) {
    let NotifierSummary { name, vendor, .. } = notifier;
    let (risk, reason) = (risk.name(), &*warning.message);
    tracing::warn!(%app, notifier = %name, %vendor, risk, reason, "a credential is at risk");
}

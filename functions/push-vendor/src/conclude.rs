//! Writes what the vendor's answers mean for tokens, notifiers and quotas, once the results of the pushes are safe.
//!
//! What does not end in time is left: the next answer of the vendor says it again.

use futures::{StreamExt, stream};
use shared::{
    domain::outcome::{Disposition, Outcome},
    lambda::{
        deadline::Deadline,
        metric::{Metric, Metrics},
    },
};

use crate::{
    deliver::{Deliver, PARALLEL},
    result::Aftermath,
};

impl Deliver {
    /// Writes all of it side by side.
    pub(crate) async fn conclude(&self, aftermath: Vec<Aftermath<'_>>, deadline: Deadline, metrics: &Metrics) {
        let written = stream::iter(aftermath).map(|one| deadline.wait(self.conclude_one(one, metrics)));
        let unfinished =
            written.buffer_unordered(PARALLEL).filter(|done| std::future::ready(done.is_none())).count().await;
        if unfinished > 0 {
            tracing::warn!(unfinished, "no time was left to clean tokens or to note a notifier's state");
        }
    }

    async fn conclude_one(&self, one: Aftermath<'_>, metrics: &Metrics) {
        let now = self.ports.clock.now();
        match one {
            Aftermath::Answered { app, notifier, outcomes } => {
                let accepted = outcomes.iter().any(|(_, outcome)| matches!(outcome, Outcome::Accepted { .. }));
                let noted = async {
                    if accepted {
                        self.notifiers.note_success(app, notifier, now).await;
                    }
                };
                futures::join!(self.clean(app, notifier, &outcomes, now, metrics), noted);
            }
            Aftermath::Failed { app, notifier, credential, error } => {
                let disabled = async {
                    match error.disposition() {
                        Disposition::DisableNotifier => {
                            if self.notifiers.disable(app, notifier, &credential, error.code(), now).await {
                                metrics.add(Metric::NotifiersDisabled, [], 1);
                            }
                        }
                        Disposition::Retry { .. } | Disposition::End(_) | Disposition::EndClass { .. } => {}
                    }
                };
                let noted = async {
                    if error.concerns_notifier() {
                        self.notifiers.note_failure(app, notifier, &credential, now).await;
                    }
                };
                futures::join!(disabled, noted);
            }
            Aftermath::Doubted { app, notifier, refused } => {
                self.weigh_refusals(app, notifier, refused, now, metrics).await
            }
            Aftermath::UsedUp { app, notifier, class, quota } => {
                self.notifiers.quotas.note(app, notifier, class, quota, now).await;
            }
        }
    }
}

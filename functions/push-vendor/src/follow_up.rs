//! Writes the follow-ups of vendor answers for tokens, notifiers and quotas, after the results of the pushes are
//! written.
//!
//! A follow-up without time left is dropped. The vendor's next answer causes it again.

use std::{future::ready, sync::Arc};

use futures::{StreamExt, stream};
use shared::{
    domain::{
        outcome::{CallError, Disposition, Outcome},
        push::SemanticClass,
        time::Timestamp,
    },
    lambda::{
        deadline::Deadline,
        metric::{Metric, Metrics},
    },
    ports::{apps::UsedUpQuota, clock::Clock, vendor::Credential},
};

use crate::{
    ambiguous_refusals::NotifierRefusals,
    batch::NotifierKey,
    budget::PARALLEL,
    notifiers::Notifiers,
    tell::TellServers,
    unregistered::{AnsweredToken, RemoveUnregistered},
};

/// A consequence of vendor answers beyond the deliveries of the batch.
pub(crate) enum FollowUp<'a> {
    /// the vendor answered for each token
    Answered { key: NotifierKey<'a>, outcomes: Vec<(AnsweredToken<'a>, Outcome)>, pushed_at: Timestamp },
    /// a call failed as a whole
    Failed { key: NotifierKey<'a>, credential: Arc<Credential>, error: CallError },
    /// the vendor refused the credential or device tokens
    Refused { key: NotifierKey<'a>, refusals: NotifierRefusals },
    /// the quota of a class is used up
    UsedUp { key: NotifierKey<'a>, class: SemanticClass, quota: UsedUpQuota },
}

/// Writes follow-ups.
pub(crate) struct WriteFollowUps<'p> {
    pub(crate) unregistered: RemoveUnregistered<'p>,
    pub(crate) notifiers: &'p Notifiers,
    pub(crate) tell: &'p TellServers<'p>,
    pub(crate) clock: &'p dyn Clock,
    pub(crate) metrics: &'p Metrics,
}

impl WriteFollowUps<'_> {
    /// Writes all follow-ups in parallel.
    pub(crate) async fn write(&self, follow_ups: Vec<FollowUp<'_>>, write_by: Deadline) {
        let written = stream::iter(follow_ups).map(|one| write_by.wait(self.write_one(one)));
        let unfinished = written.buffer_unordered(PARALLEL).filter(|done| ready(done.is_none())).count().await;
        if unfinished > 0 {
            tracing::warn!(unfinished, "no time was left to remove tokens or to store a notifier's health");
        }
    }

    async fn write_one(&self, one: FollowUp<'_>) {
        let now = self.clock.now();
        match one {
            FollowUp::Answered { key, outcomes, pushed_at } => {
                let removed = self.unregistered.run(key, &outcomes, pushed_at, now);
                futures::join!(removed, self.note_success(key, &outcomes, now));
            }
            FollowUp::Failed { key, credential, error } => {
                futures::join!(
                    self.disable_if_refused(key, &credential, &error, now),
                    self.note_failure(key, &credential, &error, now)
                );
            }
            FollowUp::Refused { key, refusals } => self.weigh(key, &refusals, now).await,
            FollowUp::UsedUp { key, class, quota } => self.notifiers.quotas.note(key, class, quota, now).await,
        }
    }

    async fn note_success(&self, key: NotifierKey<'_>, outcomes: &[(AnsweredToken<'_>, Outcome)], now: Timestamp) {
        if outcomes.iter().any(|(_, outcome)| matches!(outcome, Outcome::Accepted { .. })) {
            self.notifiers.health.note_success(key, now).await;
        }
    }

    async fn note_failure(&self, key: NotifierKey<'_>, credential: &Credential, error: &CallError, now: Timestamp) {
        if error.concerns_notifier() {
            self.notifiers.health.note_failure(key, credential, now).await;
        }
    }

    async fn disable_if_refused(
        &self,
        key: NotifierKey<'_>,
        credential: &Credential,
        error: &CallError,
        now: Timestamp,
    ) {
        match error.disposition() {
            Disposition::DisableNotifier => self.disable(key, credential, error.code(), now).await,
            Disposition::Retry { .. } | Disposition::End(_) | Disposition::EndClass { .. } => {}
        }
    }

    /// Judges the refusals of a notifier. Disables it if they prove that its credential is refused.
    async fn weigh(&self, key: NotifierKey<'_>, refused: &NotifierRefusals, now: Timestamp) {
        let health = &self.notifiers.health;
        if health.add_ambiguous_refusals(key, &refused.refusals, now).await {
            self.disable(key, &refused.credential, &refused.code, now).await;
            health.forget_ambiguous_refusals(key, now).await;
        }
    }

    async fn disable(&self, key: NotifierKey<'_>, credential: &Credential, code: &str, now: Timestamp) {
        if self.notifiers.disable(key, credential, code, now).await {
            self.metrics.add(Metric::NotifiersDisabled, [], 1);
            self.tell.notifier_disabled(key, code);
        }
    }
}

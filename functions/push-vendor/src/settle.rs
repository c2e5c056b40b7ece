//! The last stages: they write results, then follow-ups for tokens and notifiers, and then answer the queue.
//!
//! The types enforce this order: only a `Sent` batch can be settled, and only a `Settled` batch can answer the queue.
//! So no result is lost.

use std::collections::BTreeMap;

use shared::lambda::deadline::Deadline;

use crate::{
    batch::JobRecord,
    follow_up::{FollowUp, WriteFollowUps},
    own_channel::{GoOn, Taken},
    record::{ReceiverOutcomes, RecordEnds},
    record_again::{QUEUE_TIME, RecordAgain},
    result::Resolved,
    retry::Retries,
    tell::TellServers,
};

/// A batch whose calls are over. Each delivery has a result.
#[must_use]
pub(crate) struct Sent<'a> {
    resolved: Vec<Resolved<'a>>,
    follow_ups: Vec<FollowUp<'a>>,
}

/// A batch whose results are written, or whose records are redelivered.
#[must_use]
pub(crate) struct Settled<'a> {
    redelivered: Vec<&'a JobRecord>,
    follow_ups: Vec<FollowUp<'a>>,
}

/// Writes results.
pub(crate) struct SettleResults<'p> {
    pub(crate) retries: Retries<'p>,
    pub(crate) record: &'p RecordEnds<'p>,
    pub(crate) record_again: RecordAgain<'p>,
    pub(crate) go_on: GoOn<'p>,
    pub(crate) tell: &'p TellServers<'p>,
}

impl<'a> Sent<'a> {
    /// Creates a batch from the results of the calls and their follow-ups.
    pub(crate) fn new(resolved: Vec<Resolved<'a>>, follow_ups: Vec<FollowUp<'a>>) -> Self {
        Self { resolved, follow_ups }
    }

    /// Returns the result of each delivery.
    pub(crate) fn resolved(&self) -> &[Resolved<'a>] {
        &self.resolved
    }

    /// Ends every delivery. What could succeed later has failed.
    pub(crate) fn ended(self) -> Self {
        let resolved = self.resolved.into_iter().map(|one| Resolved { result: one.result.ended_now(), ..one });
        Self { resolved: resolved.collect(), ..self }
    }

    /// Adds the deliveries that needed no call.
    pub(crate) fn with(mut self, mut resolved: Vec<Resolved<'a>>) -> Self {
        resolved.append(&mut self.resolved);
        Self { resolved, ..self }
    }

    /// Queues retried and deferred deliveries, and records ended ones, in parallel.
    pub(crate) async fn settle(self, settle: SettleResults<'_>, write_by: Deadline) -> Settled<'a> {
        let mut by_record: BTreeMap<usize, (&JobRecord, Vec<Resolved<'a>>)> = BTreeMap::new();
        for one in self.resolved {
            let record = one.delivery.record;
            by_record.entry(record.number).or_insert_with(|| (record, Vec::new())).1.push(one);
        }
        let (mut waiting, mut outcomes) = (Vec::new(), Vec::new());
        for (record, resolved) in by_record.into_values() {
            let (ended, later) = settle.retries.plan(record, resolved);
            waiting.extend(later);
            settle.tell.ended(&ended);
            outcomes.extend(settle.record.outcomes(ended));
        }
        let queued = settle.retries.queue(waiting, write_by);
        let gone_on = settle.go_on.run(Taken::of(&outcomes), write_by);
        let ended = outcomes.into_iter().map(ReceiverOutcomes::ended).collect();
        let recorded = async {
            let unrecorded = settle.record.write(ended, write_by.leaving(QUEUE_TIME)).await;
            settle.record_again.first(unrecorded, write_by).await;
        };
        let (redelivered, (), ()) = futures::join!(queued, recorded, gone_on);
        Settled { redelivered, follow_ups: self.follow_ups }
    }
}

impl Settled<'_> {
    /// Writes the follow-ups. Returns the ids of the records to be redelivered.
    pub(crate) async fn follow_up(self, follow_ups: WriteFollowUps<'_>, write_by: Deadline) -> Vec<String> {
        follow_ups.write(self.follow_ups, write_by).await;
        self.redelivered.into_iter().map(|record| record.id.clone()).collect()
    }
}

//! Decisions for a job's receivers, before anything is done about them.

use std::collections::BTreeMap;

use futures::{StreamExt, stream};
use shared::{
    decider::{Context, Decided},
    domain::{message::Receiver, time::Timestamp},
    lambda::{batch::dead_letter, metric::Metrics},
    ports::{
        error::StoreError,
        queue::{DispatchJob, DispatchRecord, GroupJob},
    },
};

use crate::dispatch::{Dispatch, QUEUE};

/// How many receivers of a job are decided at once.
const PARALLEL_RECEIVERS: usize = 10;

/// A job whose receivers are decided, with what is left to be done.
pub(crate) struct DecidedJob {
    pub(crate) job: DispatchJob,
    /// final decisions
    pub(crate) decided: Vec<Decided>,
    /// who only seems connected, by when to look again
    pub(crate) stale: BTreeMap<Timestamp, Vec<Receiver>>,
    /// who must be decided again, later
    pub(crate) again: Vec<Receiver>,
    /// whether everything went well that cannot be tried again for single receivers
    pub(crate) settled: bool,
    /// of a group: the page that follows
    pub(crate) next: Option<GroupJob>,
}

/// What became of a record at once.
pub(crate) enum Step {
    /// nothing is left to be done; `false` if the whole record must be given again
    Ended(bool),
    /// its receivers are decided
    Decided(Box<DecidedJob>),
}

impl Dispatch {
    /// Decides for the receivers of a job.
    pub(crate) async fn decide_job(&self, mut job: DispatchJob, metrics: &Metrics) -> Step {
        if let Some(at) = job.recheck_at
            && self.ports.clock.now() < at
        {
            return Step::Ended(self.requeue_for_recheck(&job, job.receivers.clone(), at).await);
        }
        if let (Some(page), None) = (&job.page, job.members) {
            // Nobody looked at the group of a message to some of its members. As in a dry run, one that nobody told of has none.
            match self.ports.members.size(&job.app, &page.group).await {
                Ok(members) => job.members = Some(members.unwrap_or(0)),
                Err(error) => {
                    tracing::warn!(app = %job.app, error = error.chain(), "the size of a group cannot be read");
                    return Step::Ended(self.requeue(&job, job.receivers.clone()).await);
                }
            }
        }
        let context = match self.decider.begin(&job.app, &job.content, job.members).await {
            Ok(Some(context)) => context,
            Ok(None) => {
                tracing::warn!(app = %job.app, "the app is gone, its messages are dropped");
                return Step::Ended(true);
            }
            Err(error) => {
                tracing::warn!(app = %job.app, error = error.chain(), "the app's configuration cannot be read");
                return Step::Ended(self.requeue(&job, job.receivers.clone()).await);
            }
        };
        let (of, context) = (&job, &context);
        let results: Vec<Result<Decided, (Receiver, StoreError)>> = stream::iter(job.receivers.clone())
            .map(|receiver| async move {
                let decided = self.decide(of, context, receiver.clone()).await;
                decided.map_err(|error| (receiver, error))
            })
            .buffered(PARALLEL_RECEIVERS)
            .collect()
            .await;

        let (mut decided, mut again, mut settled) = (Vec::new(), Vec::new(), true);
        for result in results {
            match result {
                Ok(one) => decided.push(one),
                Err((receiver, StoreError::Corrupt(reason))) => {
                    settled &= self.dead_letter(&job, receiver, &reason, metrics).await;
                }
                Err((receiver, error)) => {
                    tracing::warn!(message.id = %receiver.msg_id, error = error.chain(), "the facts cannot be read");
                    again.push(receiver);
                }
            }
        }
        // Nobody is looked at twice: what was online at the recheck is connected.
        let mut stale: BTreeMap<Timestamp, Vec<Receiver>> = BTreeMap::new();
        if job.recheck_at.is_none() {
            let in_doubt = decided.extract_if(.., |one| one.recheck_at.is_some());
            for (at, receiver) in in_doubt.filter_map(|one| Some((one.recheck_at?, one.receiver))) {
                stale.entry(at).or_default().push(receiver);
            }
        }
        Step::Decided(Box::new(DecidedJob { job, decided, stale, again, settled, next: None }))
    }

    /// Decides for one receiver; at the recheck, who acknowledged the message meanwhile has it.
    async fn decide(
        &self,
        job: &DispatchJob,
        context: &Context<'_>,
        receiver: Receiver,
    ) -> Result<Decided, StoreError> {
        if job.recheck_at.is_none() {
            return self.decider.decide(context, receiver).await;
        }
        let delivered = self.ports.acks.is_acknowledged(&job.app, &receiver).await?;
        self.decider.decide_again(context, receiver, delivered).await
    }

    /// Sets one receiver's part of the job aside; `false` if that failed.
    async fn dead_letter(&self, job: &DispatchJob, receiver: Receiver, reason: &str, metrics: &Metrics) -> bool {
        let id = receiver.msg_id.to_string();
        let part = DispatchRecord::V1 { jobs: vec![DispatchJob { receivers: vec![receiver], ..job.clone() }] };
        let body = serde_json::to_string(&part).unwrap_or_default();
        dead_letter(&id, &body, reason, QUEUE, &*self.ports.dead_letters, metrics).await
    }
}

//! Decisions for a job's receivers, before anything is done about them.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt, stream};
use shared::{
    decider::{Context, Decided, EarlierCheck},
    domain::{connection::MAX_LOOKS, group::GroupState, message::Receiver, time::Timestamp},
    lambda::{batch::dead_letter, deadline::Deadline, metric::Metrics},
    ports::{
        connections::DirectMessage,
        error::StoreError,
        queue::{DispatchJob, DispatchRecord, GroupJob, SeenConnections},
    },
};

use crate::{
    deferred::only_waiting,
    direct::direct_messages,
    dispatch::{Dispatch, FINISH, QUEUE},
    recheck_context::{RecheckContext, not_pushed, seen_before, seen_by_trying},
};

/// How many receivers of a job are decided at once: those of a record side by side.
const PARALLEL_RECEIVERS: usize = 25;

/// A job whose receivers are decided, with what is left to be done.
pub(crate) struct DecidedJob {
    pub(crate) job: DispatchJob,
    /// when the first facts were read
    pub(crate) decided_at: Timestamp,
    /// final decisions
    pub(crate) decided: Vec<Decided>,
    /// whose connections may be none, by when to recheck and what is known of connections to us
    pub(crate) stale: BTreeMap<(Timestamp, Option<SeenConnections>), Vec<Receiver>>,
    /// what rechecks at them must know
    pub(crate) recheck_context: RecheckContext,
    /// what is posted to live connections
    pub(crate) direct: Vec<DirectMessage>,
    /// who must be decided again, later
    pub(crate) again: Vec<Receiver>,
    /// the same, as far as this look left something open: what was posted to nobody, whatever was pushed
    pub(crate) unposted: Vec<Receiver>,
    /// who could not be decided in time
    pub(crate) not_begun: Vec<Receiver>,
    /// whether everything went well that cannot be tried again for single receivers
    pub(crate) settled: bool,
    /// of a group: the page that follows
    pub(crate) next: Option<GroupJob>,
    /// of a group: whether the decision was recorded for all members at once
    pub(crate) recorded: bool,
}

impl DecidedJob {
    /// A job of which nothing is decided yet.
    fn undecided(job: DispatchJob, decided_at: Timestamp) -> Self {
        let (decided, stale, direct, again, unposted, not_begun) = Default::default();
        let recheck_context = RecheckContext::of(&job);
        let (settled, next, recorded) = (true, None, false);
        Self {
            job,
            decided_at,
            decided,
            stale,
            recheck_context,
            direct,
            again,
            unposted,
            not_begun,
            settled,
            next,
            recorded,
        }
    }

    /// What could not be queued for live connections is decided again. Pushes that this look queued are not: those whose pushes could not
    /// be queued either are decided anew.
    pub(crate) fn decide_direct_again(&mut self) {
        let lost: Vec<Receiver> =
            self.direct.drain(..).flat_map(|message| message.receivers).map(|one| one.receiver).collect();
        self.stale.values_mut().for_each(|receivers| receivers.retain(|one| !lost.contains(one)));
        self.decided.retain(|one| !lost.contains(&one.receiver));
        self.unposted.extend(lost.into_iter().filter(|one| !self.again.contains(one)));
    }
}

/// What a job finds of its group.
#[derive(Clone, Copy)]
struct Found {
    state: GroupState,
    exists: bool,
}

/// What became of a record at once.
pub(crate) enum Step {
    /// nothing is left to be done; `false` if the whole record must be redelivered
    Ended(bool),
    /// its receivers are decided, or are to be decided again
    Decided(Box<DecidedJob>),
}

impl Step {
    /// The job whose receivers are decided, if it is one.
    pub(crate) fn decided(&mut self) -> Option<&mut DecidedJob> {
        match self {
            Self::Ended(_) => None,
            Self::Decided(decided) => Some(decided),
        }
    }

    /// All receivers are decided again, later.
    fn again(job: DispatchJob, now: Timestamp) -> Self {
        Self::Decided(Box::new(DecidedJob { again: job.receivers.clone(), ..DecidedJob::undecided(job, now) }))
    }

    /// No time was left for any receiver.
    fn not_begun(job: DispatchJob, now: Timestamp) -> Self {
        Self::Decided(Box::new(DecidedJob { not_begun: job.receivers.clone(), ..DecidedJob::undecided(job, now) }))
    }
}

impl Dispatch {
    /// Decides for the receivers of a job, and leaves time to act on the decisions.
    pub(crate) async fn decide_job(&self, mut job: DispatchJob, deadline: Deadline, metrics: &Metrics) -> Step {
        let decide_by = deadline.leaving(FINISH);
        let begun = self.ports.clock.now();
        if let Some(at) = job.recheck_at
            && begun < at
        {
            let stale = BTreeMap::from([((at, job.connections), job.receivers.clone())]);
            return Step::Decided(Box::new(DecidedJob { stale, ..DecidedJob::undecided(job, begun) }));
        }
        let group = match decide_by.wait(self.group(&job)).await {
            Some(Ok(group)) => group,
            Some(Err(error)) => {
                tracing::warn!(app = %job.app, error = error.chain(), "the size of a group cannot be read");
                return Step::again(job, begun);
            }
            None => return Step::not_begun(job, begun),
        };
        if let Some(Found { state, exists }) = group {
            // Whoever decides again then rechecks a group that is switched off.
            job.members = (exists && !state.disabled).then_some(state.members);
        }
        let group = group.map(|group| group.state);
        let context = decide_by.wait(self.decider.begin(&job.app, &job.content, group)).await;
        let context = match context {
            Some(Ok(Some(context))) => context,
            Some(Ok(None)) => {
                tracing::warn!(app = %job.app, "the app is gone, its messages are dropped");
                return Step::Ended(true);
            }
            Some(Err(error)) => {
                tracing::warn!(app = %job.app, error = error.chain(), "the app's configuration cannot be read");
                return Step::again(job.clone(), begun);
            }
            None => return Step::not_begun(job.clone(), begun),
        };
        let (of, context) = (&job, &context);
        let results: Vec<(Receiver, Option<Result<Decided, StoreError>>)> = stream::iter(job.receivers.clone())
            .map(|receiver| async move {
                let decided = decide_by.wait(self.decide(of, context, receiver.clone())).await;
                (receiver, decided)
            })
            .buffered(PARALLEL_RECEIVERS)
            .collect()
            .await;

        let (mut decided, mut again, mut not_begun, mut settled) = (Vec::new(), Vec::new(), Vec::new(), true);
        for (receiver, result) in results {
            match result {
                Some(Ok(one)) => decided.push(one),
                Some(Err(StoreError::Corrupt(reason))) => {
                    settled &= self.dead_letter(&job, receiver, &reason, metrics).await;
                }
                Some(Err(error)) => {
                    tracing::warn!(message.id = %receiver.msg_id, error = error.chain(), "the facts cannot be read");
                    again.push(receiver);
                }
                None => not_begun.push(receiver),
            }
        }
        let (before, tried) = (seen_before(&job), seen_by_trying(&job, begun));
        let untried = SeenConnections { tried_at: before.and_then(|seen| seen.tried_at), ..tried };
        let recheck_context = RecheckContext::after(&job, &decided);
        let direct = direct_messages(&job, &decided, tried, &recheck_context);
        let seen = |one: &Decided| match (one.direct.is_empty(), one.connected) {
            (false, _) => Some(tried),
            (true, true) => Some(untried),
            (true, false) => before,
        };
        let stale = to_recheck(&mut decided, &recheck_context, seen);
        let undecided = DecidedJob::undecided(job, begun);
        Step::Decided(Box::new(DecidedJob {
            decided,
            stale,
            recheck_context,
            direct,
            again,
            not_begun,
            settled,
            ..undecided
        }))
    }

    /// The group of a job, as it is now. A page that is decided at once was read with its group; whatever waited may have waited for
    /// longer than the group was left as it was.
    async fn group(&self, job: &DispatchJob) -> Result<Option<Found>, StoreError> {
        let Some(page) = &job.page else {
            return Ok(None);
        };
        let waited = job.recheck_at.is_some() || job.connections.is_some() || job.waited.is_some() || job.attempts > 0;
        if let (Some(members), false) = (job.members, waited) {
            return Ok(Some(Found { state: GroupState { members, disabled: false }, exists: true }));
        }
        let state = self.ports.members.state(&job.app, &page.group).await?;
        let existed = job.members.is_some() || job.waited.as_ref().is_some_and(|waited| waited.group_exists);
        // As in a dry run, a group that nobody told of has no members; one that was destroyed reaches nobody any more.
        let absent = GroupState { members: 0, disabled: existed };
        Ok(Some(Found { state: state.unwrap_or(absent), exists: state.is_some() }))
    }

    /// Decides for one receiver. At a recheck, and after a push waited, who acknowledged the message meanwhile has it.
    async fn decide(
        &self,
        job: &DispatchJob,
        context: &Context<'_>,
        receiver: Receiver,
    ) -> Result<Decided, StoreError> {
        let seen = seen_before(job);
        let rechecked = job.recheck_at.is_some() || seen.is_some() || !job.pushed.is_empty();
        if !rechecked && job.waited.is_none() {
            return self.decider.decide(context, receiver).await;
        }
        let delivered = self.ports.acks.is_acknowledged(&job.app, &receiver).await?;
        let connections = seen.map(|seen| match seen.looks {
            MAX_LOOKS.. => SeenConnections { tried_at: Some(self.ports.clock.now()), ..seen },
            _ => seen,
        });
        let before = EarlierCheck { delivered, rechecked: job.recheck_at.is_some(), connections };
        let mut decided = self.decider.decide_again(context, receiver, before).await?;
        if let Some(waited) = &job.waited {
            only_waiting(waited, &mut decided);
        }
        not_pushed(job, &mut decided);
        Ok(decided)
    }

    /// Dead-letters one receiver's part of the job; `false` if that failed.
    async fn dead_letter(&self, job: &DispatchJob, receiver: Receiver, reason: &str, metrics: &Metrics) -> bool {
        let id = receiver.msg_id.to_string();
        let part = DispatchRecord::V1 { jobs: vec![DispatchJob { receivers: vec![receiver], ..job.clone() }] };
        let body = serde_json::to_string(&part).unwrap_or_default();
        dead_letter(&id, &body, reason, QUEUE, &*self.ports.dead_letters, metrics).await
    }
}

/// Takes out who is rechecked, unless some of the receiver's devices are pushed now. Times are whole seconds, so that receivers
/// share records.
fn to_recheck(
    decided: &mut Vec<Decided>,
    recheck_context: &RecheckContext,
    seen: impl Fn(&Decided) -> Option<SeenConnections>,
) -> BTreeMap<(Timestamp, Option<SeenConnections>), Vec<Receiver>> {
    let mut stale: BTreeMap<_, Vec<Receiver>> = BTreeMap::new();
    let open = decided.iter().filter(|one| recheck_context.is_open(&one.receiver.user));
    for (at, one) in open.filter_map(|one| Some((one.recheck_at?, one))) {
        stale.entry((whole_second(at), seen(one))).or_default().push(one.receiver.clone());
    }
    decided
        .retain(|one| one.recheck_at.is_none() || one.push.is_some() || !recheck_context.is_open(&one.receiver.user));
    stale
}

/// The time as a queue can delay, not earlier.
fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.plus(Duration::from_millis(999)).as_seconds().saturating_mul(1000))
}

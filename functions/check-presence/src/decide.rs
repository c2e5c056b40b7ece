//! Decisions for a job's receivers, before check-presence acts on them.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt, stream};
use shared::{
    decider::{Context, Decided, EarlierCheck},
    domain::{connection::MAX_LOOKS, group::GroupState, message::Receiver, time::Timestamp},
    lambda::{batch::dead_letter, deadline::Deadline, metric::Metrics},
    ports::{
        clock::CLOCKS_DIFFER,
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

/// Receivers of a job decided at the same time: those of one record.
const PARALLEL_RECEIVERS: usize = 25;

/// A job with its decisions, and what is left to do.
pub(crate) struct DecidedJob {
    pub(crate) job: DispatchJob,
    /// when the first facts were read
    pub(crate) decided_at: Timestamp,
    /// final decisions
    pub(crate) decided: Vec<Decided>,
    /// receivers with stale presence, by the time of the recheck and by what is known about their connections to us
    pub(crate) stale: BTreeMap<(Timestamp, Option<SeenConnections>), Vec<Receiver>>,
    /// what their rechecks need from this check
    pub(crate) recheck_context: RecheckContext,
    /// the messages for live connections
    pub(crate) direct: Vec<DirectMessage>,
    /// receivers to decide again later
    pub(crate) again: Vec<Receiver>,
    /// receivers to decide again whose connections got no post, even if some devices got a push
    pub(crate) unposted: Vec<Receiver>,
    /// receivers who could not be decided in time
    pub(crate) not_begun: Vec<Receiver>,
    /// receivers whose messages were recalled, as far as the job asked
    pub(crate) recalled: Vec<Receiver>,
    /// whether all steps succeeded that cannot be retried for single receivers
    pub(crate) settled: bool,
    /// of a group: the next page
    pub(crate) next: Option<GroupJob>,
    /// of a group: whether the decision was recorded for all members
    pub(crate) recorded: bool,
}

impl DecidedJob {
    /// Creates a job without decisions.
    fn undecided(job: DispatchJob, decided_at: Timestamp) -> Self {
        let (decided, stale, direct, again, unposted, not_begun, recalled) = Default::default();
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
            recalled,
            settled,
            next,
            recorded,
        }
    }

    /// Moves the receivers whose messages for live connections could not be queued to those to decide again. Pushes
    /// that this check queued stay queued. Receivers whose pushes could not be queued either are decided anew.
    pub(crate) fn decide_direct_again(&mut self) {
        let lost: Vec<Receiver> =
            self.direct.drain(..).flat_map(|message| message.receivers).map(|one| one.receiver).collect();
        self.stale.values_mut().for_each(|receivers| receivers.retain(|one| !lost.contains(one)));
        self.decided.retain(|one| !lost.contains(&one.receiver));
        self.unposted.extend(lost.into_iter().filter(|one| !self.again.contains(one)));
    }
}

/// Facts about the group of a job.
#[derive(Clone, Copy)]
struct Found {
    state: GroupState,
    exists: bool,
}

/// The result of a record's first step.
pub(crate) enum Step {
    /// nothing is left to do; `false` if SQS must redeliver the whole record
    Ended(bool),
    /// its receivers are decided, or will be decided again
    Decided(Box<DecidedJob>),
}

impl Step {
    /// Returns the job whose receivers are decided, if it is one.
    pub(crate) fn decided(&mut self) -> Option<&mut DecidedJob> {
        match self {
            Self::Ended(_) => None,
            Self::Decided(decided) => Some(decided),
        }
    }

    /// Returns a job whose receivers are all decided again later.
    fn again(job: DispatchJob, now: Timestamp) -> Self {
        Self::Decided(Box::new(DecidedJob { again: job.receivers.clone(), ..DecidedJob::undecided(job, now) }))
    }

    /// Returns a job for whose receivers no time was left.
    fn not_begun(job: DispatchJob, now: Timestamp) -> Self {
        Self::Decided(Box::new(DecidedJob { not_begun: job.receivers.clone(), ..DecidedJob::undecided(job, now) }))
    }
}

impl Dispatch {
    /// Decides for the receivers of a job. Leaves time to act on the decisions.
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
            // So a later decision reads a group again that is switched off.
            job.members = (exists && !state.disabled).then_some(state.members);
        }
        let group = group.map(|group| group.state);
        let recalled = match decide_by.wait(self.recalled(&job, begun)).await {
            Some(Ok(recalled)) => recalled,
            Some(Err(error)) => {
                tracing::warn!(app = %job.app, error = error.chain(), "recalls cannot be read");
                return Step::again(job, begun);
            }
            None => return Step::not_begun(job, begun),
        };
        let context = decide_by.wait(self.decider.begin(&job.app, &job.content, group)).await;
        let context = match context {
            Some(Ok(Some(context))) if !job.receivers.iter().any(|one| context.is_of_an_earlier_app(one.msg_id)) => {
                context
            }
            Some(Ok(_)) => {
                tracing::warn!(app = %job.app, "the app is gone, its messages are dropped");
                return Step::Ended(true);
            }
            Some(Err(error)) => {
                tracing::warn!(app = %job.app, error = error.chain(), "the app's configuration cannot be read");
                return Step::again(job.clone(), begun);
            }
            None => return Step::not_begun(job.clone(), begun),
        };
        let (of, context, asked) = (&job, &context, &recalled);
        let results: Vec<(Receiver, Option<Result<Decided, StoreError>>)> = stream::iter(job.receivers.clone())
            .map(|receiver| async move {
                let decided = decide_by.wait(self.decide(of, context, receiver.clone(), asked)).await;
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
            recalled,
            settled,
            ..undecided
        }))
    }

    /// Reads the group of a job. A page that is decided at once was just read with its group. A job that waited reads
    /// it again, because the group may have changed.
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
        // As in a dry run, an unknown group has no members. A group that was destroyed since counts as disabled.
        let absent = GroupState { members: 0, disabled: existed };
        Ok(Some(Found { state: state.unwrap_or(absent), exists: state.is_some() }))
    }

    /// Decides for one receiver. A message of an erased user is decided as one to nobody.
    async fn decide(
        &self,
        job: &DispatchJob,
        context: &Context<'_>,
        receiver: Receiver,
        recalled: &[Receiver],
    ) -> Result<Decided, StoreError> {
        let decided = self.decide_by_facts(job, context, receiver, recalled).await?;
        match self.is_of_erased_user(job, &decided).await? {
            true => Ok(self.decider.decide_for_erased(context, decided.receiver)),
            false => Ok(decided),
        }
    }

    /// Decides by the facts of now. At a recheck, after a deferred push, or at a repeat of an instant push that waits, it
    /// reads whether the receiver acknowledged the message. A recalled message counts as acknowledged.
    async fn decide_by_facts(
        &self,
        job: &DispatchJob,
        context: &Context<'_>,
        receiver: Receiver,
        recalled: &[Receiver],
    ) -> Result<Decided, StoreError> {
        let is_recalled = recalled.contains(&receiver);
        let is_later = is_later_check(job);
        if !is_recalled && !is_later && !repeats_waiting(job) {
            return self.decider.decide(context, receiver).await;
        }
        // Nobody acknowledges a push that does not wait.
        let has_ack = !job.content.is_beside_store();
        let delivered = is_recalled || (has_ack && self.ports.acks.is_acknowledged(&job.app, &receiver).await?);
        let seen = seen_before(job);
        let connections = seen.map(|seen| match seen.looks {
            MAX_LOOKS.. => SeenConnections { tried_at: Some(self.ports.clock.now()), ..seen },
            _ => seen,
        });
        let (rechecked, vendor_failed) = (job.recheck_at.is_some(), job.vendor_failed);
        let before = EarlierCheck { delivered, rechecked, connections, may_be_first: !is_later, vendor_failed };
        let mut decided = self.decider.decide_again(context, receiver, before).await?;
        if let Some(waited) = &job.waited {
            only_waiting(job, waited, &mut decided);
        }
        not_pushed(job, &mut decided);
        Ok(decided)
    }

    /// Returns whether the receiver was erased after the message came. It must not reach a later user of the name. The
    /// devices of a later user are newer than the message, so only a new device costs a read.
    async fn is_of_erased_user(&self, job: &DispatchJob, decided: &Decided) -> Result<bool, StoreError> {
        let Receiver { user, msg_id } = &decided.receiver;
        let accepted_at = msg_id.accepted_at();
        if decided.newest_device.is_none_or(|at| at.plus(CLOCKS_DIFFER) < accepted_at) {
            return Ok(false);
        }
        Ok(self.ports.visible_since.visible_since(&job.app, user).await?.hides(accepted_at))
    }

    /// Dead-letters one receiver's part of the job. Returns `false` if that failed.
    async fn dead_letter(&self, job: &DispatchJob, receiver: Receiver, reason: &str, metrics: &Metrics) -> bool {
        let id = receiver.msg_id.to_string();
        let part = DispatchRecord::V1 { jobs: vec![DispatchJob { receivers: vec![receiver], ..job.clone() }] };
        let body = serde_json::to_string(&part).unwrap_or_default();
        dead_letter(&id, &body, reason, QUEUE, &*self.ports.dead_letters, metrics).await
    }
}

/// Returns whether a job was decided before: it is a recheck, its push was deferred, or its vendor refused it.
pub(crate) fn is_later_check(job: &DispatchJob) -> bool {
    let is_recheck = job.recheck_at.is_some() || seen_before(job).is_some() || !job.pushed.is_empty();
    is_recheck || job.waited.is_some() || job.vendor_failed
}

/// Returns whether a job repeats an instant push that waits for its receivers. Its first try may have posted it, and a
/// task repeats its page long after that.
fn repeats_waiting(job: &DispatchJob) -> bool {
    job.repeat && job.content.waits_for_login()
}

/// Returns the receivers to recheck, and removes them from `decided` unless they get a push now. Times are whole
/// seconds, so that receivers share records.
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

/// Rounds the time up to a whole second, as queues delay.
fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.plus(Duration::from_millis(999)).as_seconds().saturating_mul(1000))
}

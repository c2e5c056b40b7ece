//! One page of a group: its members are read, decided, and then the next page is queued.
//!
//! The next page comes last, so that a page that is redelivered after a crash seldom runs beside its successor. Whatever is
//! decided a second time is marked as a repeat.

use shared::{
    domain::{
        decision::{Decision, Verdict},
        group::{GroupPage, GroupState, PAGE_MEMBERS},
        id::UserId,
        message::Receiver,
        retry::DISPATCH,
    },
    lambda::{
        deadline::Deadline,
        metric::{Metric, Metrics},
    },
    ports::{
        error::StoreError,
        queue::{DispatchJob, GroupJob},
    },
};

use crate::{
    decide::{DecidedJob, Step},
    dispatch::{Dispatch, FINISH, PUT_BACK},
};

/// What a page turned out to be.
enum Page {
    /// nobody: the app or the group is gone
    Nobody,
    /// the same for every member of the group, and how many it has
    ForAll(Decision, u32),
    /// these members and, if more follow, the next one; and how many the group has
    Members(Vec<UserId>, u32),
    /// the same, and no push for any of them: they are read for the sake of those who are connected to us
    Connected(Vec<UserId>, u32, Decision),
}

impl Dispatch {
    /// Decides for a page of a group.
    pub(crate) async fn decide_page(&self, job: GroupJob, deadline: Deadline, metrics: &Metrics) -> Step {
        match deadline.leaving(FINISH).wait(self.page(&job)).await {
            Some(Ok(Page::Nobody)) => Step::Ended(true),
            Some(Ok(Page::ForAll(decision, members))) => {
                match self.end_for_all(&job, &decision, members, deadline, metrics).await {
                    Ok(()) => Step::Ended(true),
                    Err(error) => Step::Ended(self.requeue_page(&job, error, deadline).await),
                }
            }
            Some(Ok(Page::Members(users, members))) => {
                self.decide_members(job, users, members, deadline, metrics).await
            }
            Some(Ok(Page::Connected(users, members, decision))) => {
                // With the first page it is recorded for all.
                if job.after.is_none()
                    && let Err(error) = self.end_for_all(&job, &decision, members, deadline, metrics).await
                {
                    return Step::Ended(self.requeue_page(&job, error, deadline).await);
                }
                match self.decide_members(job, users, members, deadline, metrics).await {
                    Step::Decided(decided) => Step::Decided(Box::new(DecidedJob { recorded: true, ..*decided })),
                    ended @ Step::Ended(_) => ended,
                }
            }
            failed => Step::Ended(self.requeue_page(&job, failed.and_then(Result::err), deadline).await),
        }
    }

    /// Records a decision for all members; fails without an error when no time was left.
    async fn end_for_all(
        &self,
        job: &GroupJob,
        decision: &Decision,
        members: u32,
        deadline: Deadline,
        metrics: &Metrics,
    ) -> Result<(), Option<StoreError>> {
        match deadline.leaving(PUT_BACK).wait(self.record_for_all(job, decision, members)).await {
            Some(Ok(())) => {}
            failed => return Err(failed.and_then(Result::err)),
        }
        if let Verdict::Skip { reason } = decision.verdict {
            let reason = reason.code();
            tracing::info!(app = %job.app, message.id = %job.msg_id, decision = reason, "decided for a whole group");
            metrics.add(Metric::Decisions, [("reason", reason)], 1);
        }
        Ok(())
    }

    async fn page(&self, job: &GroupJob) -> Result<Page, StoreError> {
        let (ports, group) = (&self.ports, &job.page.group);
        let state = match job.members {
            // The first page of a group that is switched off is its last. A page that was put back may have waited for long.
            Some(members) if job.attempts == 0 => GroupState { members, disabled: false },
            _ => match ports.members.state(&job.app, group).await? {
                Some(state) => state,
                None => return Ok(Page::Nobody),
            },
        };
        let members = state.members;
        let Some(context) = self.decider.begin(&job.app, &job.content, Some(state)).await? else {
            return Ok(Page::Nobody);
        };
        let for_all = self.decider.decide_for_all(&context);
        let is_over =
            context.is_too_large() || context.is_of_disabled_group() || job.content.expires_at <= ports.clock.now();
        let may_reach = |decision: &Decision| decision.reaches_connections() && context.has_connections();
        if let Some(decision) = for_all.clone().filter(|decision| is_over || !may_reach(decision)) {
            return Ok(Page::ForAll(decision, members));
        }
        // One more than a page shows whether another page follows, however many the group had when it was counted.
        let users = ports.members.members(&job.app, group, job.after.as_ref(), PAGE_MEMBERS + 1).await?;
        Ok(match for_all {
            Some(decision) => Page::Connected(users, members, decision),
            None => Page::Members(users, members),
        })
    }

    async fn decide_members(
        &self,
        job: GroupJob,
        mut users: Vec<UserId>,
        members: u32,
        deadline: Deadline,
        metrics: &Metrics,
    ) -> Step {
        let more = users.len() > PAGE_MEMBERS;
        users.truncate(PAGE_MEMBERS);
        let last = users.last().filter(|_| more).cloned();
        // The sender knows what it wrote.
        let others = users.into_iter().filter(|user| *user != job.content.from);
        let receivers: Vec<Receiver> = others.map(|user| Receiver { user, msg_id: job.msg_id }).collect();
        let page = DispatchJob {
            app: job.app.clone(),
            content: job.content.clone(),
            page: Some(GroupPage { after: job.after.clone(), ..job.page.clone() }),
            members: Some(members),
            receivers,
            recheck_at: None,
            waited: None,
            connections: None,
            pushed: Vec::new(),
            attempts: 0,
            repeat: job.repeat,
        };
        let next = last.map(|last| GroupJob {
            page: GroupPage { page: job.page.page + 1, ..job.page.clone() },
            after: Some(last),
            members: Some(members),
            attempts: 0,
            ..job
        });
        match self.decide_job(page, deadline, metrics).await {
            Step::Decided(decided) => Step::Decided(Box::new(DecidedJob { next, ..*decided })),
            ended @ Step::Ended(_) => ended,
        }
    }

    /// Queues the page again, later; once that is too late the message has expired. Without an error no time was left, and that is no
    /// attempt. `false` if it failed.
    async fn requeue_page(&self, job: &GroupJob, error: Option<StoreError>, deadline: Deadline) -> bool {
        let attempts = job.attempts + u32::from(error.is_some());
        let error = error.map_or_else(|| "no time was left".to_owned(), |error| error.chain());
        tracing::warn!(message.id = %job.msg_id, error, "a page of a group cannot be decided");
        let now = self.ports.clock.now();
        let Some(at) = DISPATCH.next(attempts, None, self.ports.entropy.fraction(), now, job.content.expires_at) else {
            tracing::error!(app = %job.app, "a message expired before it could be decided");
            let expired = Decision::expired(&job.content);
            let members = job.members.unwrap_or_default();
            return matches!(deadline.wait(self.record_for_all(job, &expired, members)).await, Some(Ok(())));
        };
        let again = GroupJob { attempts, repeat: true, ..job.clone() };
        matches!(deadline.wait(self.ports.dispatch.queue_groups(&[again], at.since(now))).await, Some(Ok(())))
    }

    /// Records and counts a decision for all members.
    async fn record_for_all(&self, job: &GroupJob, decision: &Decision, members: u32) -> Result<(), StoreError> {
        // A message for connected devices only is not stored, so there is nothing to record on.
        if job.content.online_only {
            return Ok(());
        }
        if self.ports.groups.record_for_all(&job.app, &job.page.group, job.msg_id, decision).await? {
            self.count_for_all(job, decision, members);
        }
        Ok(())
    }
}

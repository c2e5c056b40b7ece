//! One page of a group: check-presence reads its members, decides, and queues the next page.
//!
//! It queues the next page last. So a page that is redelivered after a crash seldom runs at the same time as the next
//! one. A second decision is marked as a repeat.

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

/// Work that a page of a group needs.
enum Page {
    /// nothing: the app or the group is gone
    Nobody,
    /// one decision for every member of the group, and the number of members
    ForAll(Decision, u32),
    /// decisions for these members, and the number of members; more than a page of them means a next page
    Members(Vec<UserId>, u32),
    /// one decision without a push for these members, who are read because some are connected to us
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
                // The decision for all is recorded with the first page.
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

    /// Records a decision for all members. Fails without an error if no time was left.
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
            // A disabled group has no page after the first. A page that was put back may have waited long, so it reads
            // the state again.
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
        if context.is_of_an_earlier_app(job.msg_id) {
            return Ok(Page::Nobody);
        }
        let for_all = self.decider.decide_for_all(&context);
        let is_over =
            context.is_too_large() || context.is_of_disabled_group() || job.content.expires_at <= ports.clock.now();
        let may_reach = |decision: &Decision| decision.reaches_connections() && context.has_connections();
        if let Some(decision) = for_all.clone().filter(|decision| is_over || !may_reach(decision)) {
            return Ok(Page::ForAll(decision, members));
        }
        // One member more than a page shows whether another page follows, whatever number was counted before.
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
        // The sender gets no push.
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
            vendor_failed: false,
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

    /// Queues a retry of the page. If that is too late, the message has expired. Without an error no time was left, and
    /// this counts as no attempt. Returns `false` if it failed.
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
        // A message for connected devices only is not stored, so its decision has no row.
        if job.content.online_only {
            return Ok(());
        }
        if self.ports.groups.record_for_all(&job.app, &job.page.group, job.msg_id, decision).await? {
            self.count_for_all(job, decision, members);
        }
        Ok(())
    }
}

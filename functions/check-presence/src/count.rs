//! Statistics of a job's first record: suppressed receivers, and deferred pushes that end here.

use std::time::Duration;

use shared::{
    decider::Decided,
    domain::{
        content::class_for,
        decision::{Decision, Verdict},
        group::{GroupPage, PAGE_MEMBERS},
        id::MessageId,
        message::Receiver,
        outcome::DeviceOutcome,
        reason::Reason,
        statistics::Counted,
    },
    lambda::deadline::Deadline,
    ports::{
        group_messages::RecordedPage,
        queue::{DispatchJob, GroupJob},
    },
};

use crate::dispatch::Dispatch;

/// Maximum time to read what earlier checks recorded. Without that result nothing is counted.
const LOOK_UP: Duration = Duration::from_secs(1);

/// Returns whether the receiver has deferred pushes. Those are counted when they end.
pub(crate) fn waits(job: &DispatchJob, receiver: &Receiver) -> bool {
    job.waited.as_ref().is_some_and(|waited| waited.devices.iter().any(|device| device.user == receiver.user))
}

/// Returns whether no earlier check can have recorded the job's receivers.
fn is_first_check(job: &DispatchJob) -> bool {
    let was_rechecked = job.recheck_at.is_some() || job.connections.is_some() || job.waited.is_some();
    !(was_rechecked || job.repeat || job.attempts > 0 || !job.pushed.is_empty())
}

impl Dispatch {
    /// Counts a suppressed receiver, unless an earlier check pushed to some of the receiver's devices. A task counts a
    /// recalled push as refused: nobody took it.
    pub(crate) fn count_suppressed(&self, job: &DispatchJob, receiver: &Receiver, verdict: Verdict, is_recalled: bool) {
        let was_pushed = job.pushed.iter().any(|pushed| pushed.user == receiver.user);
        let Verdict::Skip { reason } = verdict else { return };
        if !was_pushed {
            let class = class_for(&job.content, &receiver.user);
            let counted = Counted::Suppressed { class, reason };
            self.ports.statistics.count(&job.app, receiver.msg_id.accepted_at(), counted, 1);
            match is_recalled && reason == Reason::MessageDelivered {
                true => self.ports.task_counts.count_recalled(&job.app, job.content.task()),
                false => self.ports.task_counts.count(&job.app, job.content.task(), counted, 1),
            }
        }
    }

    /// Counts the end of a deferred push. Records of earlier versions may lack the vendor; their pushes are not
    /// counted.
    pub(crate) fn count_ended(&self, job: &DispatchJob, receiver: &Receiver, outcome: &DeviceOutcome) {
        let Some(vendor) = job.waited.as_ref().and_then(|waited| waited.vendor) else { return };
        let class = class_for(&job.content, &receiver.user);
        let reason = outcome.reason.unwrap_or(Reason::PushYetButFail);
        let counted = Counted::Refused { vendor, class, reason };
        self.ports.statistics.count(&job.app, receiver.msg_id.accepted_at(), counted, 1);
        self.ports.task_counts.count(&job.app, job.content.task(), counted, 1);
    }

    /// Returns what earlier checks recorded about a page. A first check reads nothing. Returns `None` if the read
    /// fails; then nothing is counted.
    pub(crate) async fn recorded_before(
        &self,
        job: &DispatchJob,
        page: &GroupPage,
        msg_id: MessageId,
        deadline: Deadline,
    ) -> Option<RecordedPage> {
        if is_first_check(job) {
            return Some(RecordedPage::default());
        }
        let read = self.ports.recorded.recorded_of_page(&job.app, page, msg_id);
        match deadline.min(Deadline::after(LOOK_UP)).wait(read).await {
            Some(Ok(found)) => Some(found),
            failed => {
                let error = failed.and_then(Result::err).map(|error| error.chain());
                tracing::warn!(message.id = %msg_id, error, "a page is not counted, because it may have been counted before");
                None
            }
        }
    }

    /// Counts the ends of a page that are recorded for the first time.
    pub(crate) fn count_page(
        &self,
        job: &DispatchJob,
        ended: &[(&Decided, Vec<DeviceOutcome>)],
        before: &RecordedPage,
    ) {
        for (Decided { receiver, decision, .. }, outcomes) in ended {
            let user = &receiver.user;
            if outcomes.is_empty() && !before.for_all && !before.users.contains(user) && !waits(job, receiver) {
                self.count_suppressed(job, receiver, decision.verdict, false);
            }
            for outcome in outcomes {
                let device = (user.clone(), outcome.device_id.clone(), outcome.notifier.clone());
                if !before.ended.contains(&device) {
                    self.count_ended(job, receiver, outcome);
                }
            }
        }
    }

    /// Counts a decision for all remaining members of a group, except the sender, who is one of them.
    pub(crate) fn count_for_all(&self, job: &GroupJob, decision: &Decision, members: u32) {
        let Verdict::Skip { reason } = decision.verdict else { return };
        let before = u64::from(job.page.page) * PAGE_MEMBERS as u64;
        let left = u64::from(members).saturating_sub(before).saturating_sub(1).max(1);
        let class = class_for(&job.content, &job.content.from);
        let counted = Counted::Suppressed { class, reason };
        self.ports.statistics.count(&job.app, job.msg_id.accepted_at(), counted, left);
    }
}

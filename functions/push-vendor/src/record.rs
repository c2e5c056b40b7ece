//! Records the ends of pushes with their decisions, and counts the ends that are recorded for the first time.
//!
//! The push is sent, so a repeat of the job would send a second notification. If recording fails, or no time is left,
//! the ends are recorded later.

use std::{
    collections::{BTreeMap, HashMap},
    future::ready,
};

use futures::{StreamExt, stream};
use shared::{
    domain::{
        attempt::attempts,
        decision::RecordedDecision,
        group::{GroupPage, GroupRecord},
        id::{AppKey, MessageId, TaskId, UserId},
        message::Receiver,
        outcome::{DeviceOutcome, PushStatus},
        push::SemanticClass,
        reason::Reason,
        statistics::Counted,
        time::Timestamp,
        vendor::Vendor,
    },
    lambda::{
        deadline::Deadline,
        metric::{Metric, Metrics},
    },
    ports::{
        clock::Clock,
        error::StoreError,
        group_messages::RecordPage,
        messages::RecordOutcomes,
        queue::{PushJob, PushReceiver, UnrecordedEnd},
    },
    statistics::Statistics,
    task_counter::TaskCounter,
};

use crate::{budget::PARALLEL, retry::Ended};

/// A receiver of a job, with the outcomes of the receiver's devices.
#[derive(Debug)]
pub(crate) struct ReceiverOutcomes<'a> {
    job: &'a PushJob,
    receiver: &'a PushReceiver,
    outcomes: Vec<DeviceOutcome>,
}

/// A receiver whose pushes ended, as they are recorded.
#[derive(Debug)]
pub(crate) struct EndedReceiver<'a> {
    pub(crate) app: &'a AppKey,
    pub(crate) page: Option<&'a GroupPage>,
    pub(crate) receiver: &'a Receiver,
    pub(crate) decision: &'a RecordedDecision,
    pub(crate) class: SemanticClass,
    pub(crate) task: Option<TaskId>,
    pub(crate) outcomes: Vec<DeviceOutcome>,
}

/// Ends that could not be recorded: of one receiver, or of a page.
#[derive(Debug)]
#[must_use]
pub(crate) struct Unrecorded {
    pub(crate) app: AppKey,
    pub(crate) page: Option<GroupPage>,
    pub(crate) ends: Vec<UnrecordedEnd>,
}

/// The page and the message of a record.
type PageKey<'a> = (&'a AppKey, &'a GroupPage, MessageId);
/// The record of a page: the outcomes of members, each with the class of its push.
type PageRecord = Vec<(SemanticClass, GroupRecord)>;

/// Records the ends of pushes.
pub(crate) struct RecordEnds<'p> {
    pub(crate) vendor: Vendor,
    pub(crate) outcomes: &'p dyn RecordOutcomes,
    pub(crate) pages: &'p dyn RecordPage,
    pub(crate) statistics: &'p Statistics,
    pub(crate) task_counts: &'p TaskCounter,
    pub(crate) clock: &'p dyn Clock,
    pub(crate) metrics: &'p Metrics,
}

impl<'a> ReceiverOutcomes<'a> {
    /// Returns the job of an instant push that waits for its receiver, with the receiver.
    pub(crate) fn waiting(&self) -> Option<(&'a PushJob, &'a PushReceiver)> {
        self.job.waits_for_login.then_some((self.job, self.receiver))
    }

    /// Returns the receiver as it is recorded.
    pub(crate) fn ended(self) -> EndedReceiver<'a> {
        let Self { job, receiver: PushReceiver { receiver, decision, .. }, outcomes } = self;
        let (class, task) = (job.notification.class, job.task);
        EndedReceiver { app: &job.app, page: job.page.as_ref(), receiver, decision, class, task, outcomes }
    }

    /// Returns whether the vendor took the push to any device.
    pub(crate) fn was_taken(&self) -> bool {
        self.outcomes.iter().any(|outcome| outcome.status == PushStatus::Success)
    }
}

impl RecordEnds<'_> {
    /// Logs and counts the ended deliveries of a job, and groups them by receiver.
    pub(crate) fn outcomes<'a>(&self, ended: Vec<Ended<'a>>) -> Vec<ReceiverOutcomes<'a>> {
        let now = self.clock.now();
        let mut receivers: Vec<ReceiverOutcomes<'_>> = Vec::new();
        let mut places: HashMap<(MessageId, &UserId), usize> = HashMap::new();
        for one in ended {
            self.log(&one);
            let (job, receiver) = (one.delivery.job(), one.delivery.receiver);
            let place = *places.entry((one.delivery.msg_id(), one.delivery.user())).or_insert(receivers.len());
            if place == receivers.len() {
                receivers.push(ReceiverOutcomes { job, receiver, outcomes: Vec::new() });
            }
            receivers[place].outcomes.push(device_outcome(one, now));
        }
        receivers
    }

    fn log(&self, Ended { delivery, end, .. }: &Ended<'_>) {
        let outcome = end.reason.map_or("accepted", Reason::code);
        let (job, detail, vendor) = (delivery.job(), end.detail.as_deref(), self.vendor.name());
        tracing::info!(app = %job.app, notifier = %job.notifier, message.id = %delivery.msg_id(), vendor, outcome, detail, "a push ended");
        self.metrics.add(Metric::PushOutcomes, [("vendor", vendor), ("outcome", outcome)], 1);
    }

    /// Records outcomes: those of a page in one write, others by receiver. Returns those that could not be recorded.
    pub(crate) async fn write(&self, ended: Vec<EndedReceiver<'_>>, write_by: Deadline) -> Vec<Unrecorded> {
        let (pages, single) = by_page(ended);
        let pages = stream::iter(pages).map(|(key, records)| self.write_page(key, records, write_by));
        let receivers = stream::iter(single).map(|one| self.write_receiver(one, write_by));
        let pages = pages.buffer_unordered(PARALLEL).filter_map(ready).collect::<Vec<_>>();
        let receivers = receivers.buffer_unordered(PARALLEL).filter_map(ready).collect::<Vec<_>>();
        let (mut unrecorded, of_receivers) = futures::join!(pages, receivers);
        unrecorded.extend(of_receivers);
        unrecorded
    }

    async fn write_page(
        &self,
        (app, page, msg_id): PageKey<'_>,
        records: PageRecord,
        write_by: Deadline,
    ) -> Option<Unrecorded> {
        let (classes, records): (Vec<SemanticClass>, Vec<GroupRecord>) = records.into_iter().unzip();
        let written = write_by.wait(self.pages.record_page(app, page, msg_id, &records)).await;
        let written = written_or_logged(msg_id, written);
        let ended = classes.into_iter().zip(records);
        let Some(is_new) = written else {
            let end = |(class, GroupRecord { user, decision, outcomes })| UnrecordedEnd {
                receiver: Receiver { user, msg_id },
                class,
                task: None,
                decision,
                outcomes,
            };
            return Some(Unrecorded { app: app.clone(), page: Some(page.clone()), ends: ended.map(end).collect() });
        };
        // The due stage has removed devices whose push an earlier try recorded.
        if is_new {
            for (class, record) in ended {
                record.outcomes.iter().for_each(|outcome| self.count(app, msg_id, (class, None), outcome));
            }
        }
        None
    }

    async fn write_receiver(&self, one: EndedReceiver<'_>, write_by: Deadline) -> Option<Unrecorded> {
        let EndedReceiver { app, receiver, decision, class, task, outcomes, .. } = one;
        let written = write_by.wait(self.outcomes.record_outcomes(app, receiver, decision, &outcomes)).await;
        let Some(are_first) = written_or_logged(receiver.msg_id, written) else {
            let (receiver, decision) = (receiver.clone(), decision.clone());
            let ends = vec![UnrecordedEnd { receiver, class, task, decision, outcomes }];
            return Some(Unrecorded { app: app.clone(), page: None, ends });
        };
        for (outcome, _) in outcomes.iter().zip(are_first).filter(|(_, is_first)| *is_first) {
            self.count(app, receiver.msg_id, (class, task), outcome);
        }
        None
    }

    /// Counts the end of a push of this class, which a task may have pushed.
    fn count(
        &self,
        app: &AppKey,
        msg_id: MessageId,
        (class, task): (SemanticClass, Option<TaskId>),
        outcome: &DeviceOutcome,
    ) {
        let vendor = self.vendor;
        let counted = match (outcome.status, outcome.reason) {
            (PushStatus::Success, _) => Counted::Accepted { vendor, class },
            (PushStatus::Fail, reason) => {
                Counted::Refused { vendor, class, reason: reason.unwrap_or(Reason::PushYetButFail) }
            }
        };
        self.statistics.count(app, msg_id.accepted_at(), counted, 1);
        self.task_counts.count(app, task, counted, 1);
    }
}

/// Returns the outcome of a device, with its attempts before the last.
fn device_outcome(Ended { delivery, end, .. }: Ended<'_>, at: Timestamp) -> DeviceOutcome {
    let job = delivery.job();
    DeviceOutcome {
        device_id: delivery.device.device_id.clone(),
        notifier: job.notifier.clone(),
        at,
        status: end.status,
        reason: end.reason,
        detail: end.detail,
        vendor_message_id: end.vendor_message_id,
        attempts: job.attempts + 1,
        earlier: attempts(&job.rounds, &delivery.device.places),
    }
}

/// Groups the receivers of pages by page. Returns the others as they are.
fn by_page(ended: Vec<EndedReceiver<'_>>) -> (BTreeMap<PageKey<'_>, PageRecord>, Vec<EndedReceiver<'_>>) {
    let mut pages: BTreeMap<PageKey<'_>, PageRecord> = BTreeMap::new();
    let mut single = Vec::new();
    for one in ended {
        let Some(page) = one.page else {
            single.push(one);
            continue;
        };
        let EndedReceiver { app, receiver, decision, class, outcomes, .. } = one;
        let record = GroupRecord { user: receiver.user.clone(), decision: decision.clone(), outcomes };
        pages.entry((app, page, receiver.msg_id)).or_default().push((class, record));
    }
    (pages, single)
}

/// Returns the table's answer. Logs an outcome that could not be recorded; `None` means that no time was left.
fn written_or_logged<T>(msg_id: MessageId, written: Option<Result<T, StoreError>>) -> Option<T> {
    match written {
        Some(Ok(answer)) => return Some(answer),
        Some(Err(error)) => {
            tracing::warn!(message.id = %msg_id, error = error.chain(), "an outcome cannot be recorded now");
        }
        None => tracing::warn!(message.id = %msg_id, "no time was left to record an outcome"),
    }
    None
}

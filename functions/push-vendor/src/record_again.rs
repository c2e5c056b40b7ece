//! Records the ends of pushes later, if the table failed. The push itself is not repeated.
//!
//! The ends go to the vendor's queue as records of their own. An app whose rows are slow delays no push of another app:
//! the queue serves apps in turns, and a try has a time limit.

use std::time::Duration;

use futures::{StreamExt, stream};
use serde::Serialize;
use shared::{
    domain::{retry::PUSH, time::Timestamp, vendor::Vendor},
    lambda::{batch::Record, deadline::Deadline},
    ports::{
        clock::{Clock, Entropy},
        queue::{QueueEnds, RecordJob},
    },
};

use crate::record::{EndedReceiver, RecordEnds, Unrecorded};

/// How long a record is tried.
const TRIED_FOR: Duration = Duration::from_secs(24 * 3600);
/// Maximum time for the writes of a try.
const TRY_TIME: Duration = Duration::from_secs(10);
/// Time reserved for putting a record back on the queue.
pub(crate) const QUEUE_TIME: Duration = Duration::from_secs(1);
/// Jobs processed at the same time: a batch.
const PARALLEL_JOBS: usize = 100;
/// Maximum bytes of a job with several receivers.
const MAX_BYTES: usize = 128 * 1024;

/// Records ends again.
pub(crate) struct RecordAgain<'p> {
    pub(crate) vendor: Vendor,
    pub(crate) record: &'p RecordEnds<'p>,
    pub(crate) queue: &'p dyn QueueEnds,
    pub(crate) clock: &'p dyn Clock,
    pub(crate) entropy: &'p dyn Entropy,
}

impl RecordAgain<'_> {
    /// Queues ends that could not be recorded for the first time. If that fails, too, their record is lost.
    pub(crate) async fn first(&self, unrecorded: Vec<Unrecorded>, queue_by: Deadline) {
        let lost: Vec<String> =
            unrecorded.iter().flat_map(|one| &one.ends).map(|end| end.receiver.msg_id.to_string()).collect();
        let until = self.clock.now().plus(TRIED_FOR);
        if !self.queue(unrecorded, 1, until, queue_by).await {
            tracing::error!(message.ids = ?lost, "outcomes cannot be recorded, their record is lost");
        }
    }

    /// Processes the records of a batch. Returns the ids of the records to be redelivered.
    pub(crate) async fn run(&self, records: Vec<Record<RecordJob>>, write_by: Deadline) -> Vec<String> {
        // All records share the time of a try, however many they are.
        let try_by = Deadline::after(TRY_TIME).min(write_by.leaving(QUEUE_TIME));
        let settled = stream::iter(records).map(|Record { id, mut job, redriven, .. }| async move {
            if redriven {
                // It may be older than a day.
                job = RecordJob { until: self.clock.now().plus(TRIED_FOR), attempts: 0, ..job };
            }
            let settled = self.settle(&job, try_by, write_by).await;
            (!settled).then_some(id)
        });
        settled.buffer_unordered(PARALLEL_JOBS).filter_map(|failed| async { failed }).collect().await
    }

    /// Records the ends of a job. Returns `false` if SQS must redeliver it.
    async fn settle(&self, job: &RecordJob, try_by: Deadline, write_by: Deadline) -> bool {
        let unrecorded = self.record.write(ended(job), try_by).await;
        if unrecorded.is_empty() {
            return true;
        }
        if self.clock.now() >= job.until {
            tracing::error!(app = %job.app, "outcomes could not be recorded for a day, their record is lost");
            return true;
        }
        self.queue(unrecorded, job.attempts + 1, job.until, write_by).await
    }

    /// Queues ends for another try. Returns `false` if the queue may not have them.
    async fn queue(&self, unrecorded: Vec<Unrecorded>, attempts: u32, until: Timestamp, queue_by: Deadline) -> bool {
        if unrecorded.is_empty() {
            return true;
        }
        let jobs = jobs(unrecorded, attempts, until);
        let delay = PUSH.delay(attempts, None, self.entropy.fraction());
        matches!(queue_by.wait(self.queue.queue_ends(self.vendor, &jobs, delay)).await, Some(Ok(())))
    }
}

fn ended(job: &RecordJob) -> Vec<EndedReceiver<'_>> {
    let ended = job.ends.iter().map(|end| EndedReceiver {
        app: &job.app,
        page: job.page.as_ref(),
        receiver: &end.receiver,
        decision: &end.decision,
        class: end.class,
        task: end.task,
        outcomes: end.outcomes.clone(),
    });
    ended.collect()
}

/// Returns jobs for these ends, each small enough for a record. Those of one app, or of one page, share a job.
fn jobs(unrecorded: Vec<Unrecorded>, attempts: u32, until: Timestamp) -> Vec<RecordJob> {
    let mut jobs: Vec<(RecordJob, usize)> = Vec::new();
    for Unrecorded { app, page, ends } in unrecorded {
        for end in ends {
            let bytes = size(&end);
            let msg_id = end.receiver.msg_id;
            let fits = |(job, used): &&mut (RecordJob, usize)| {
                let same_message = page.is_none() || job.ends.iter().all(|one| one.receiver.msg_id == msg_id);
                job.app == app && job.page == page && same_message && *used + bytes <= MAX_BYTES
            };
            match jobs.last_mut().filter(fits) {
                Some((job, used)) => {
                    job.ends.push(end);
                    *used += bytes;
                }
                None => {
                    let (app, page) = (app.clone(), page.clone());
                    jobs.push((RecordJob { app, page, ends: vec![end], until, attempts }, bytes));
                }
            }
        }
    }
    jobs.into_iter().map(|(job, _)| job).collect()
}

fn size(part: &impl Serialize) -> usize {
    serde_json::to_vec(part).map_or(MAX_BYTES, |json| json.len())
}

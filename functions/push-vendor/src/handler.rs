//! The handler: takes a batch of queue records, or a direct call for a test push, a push that is waited for, or checks of
//! credentials.

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use serde::{Deserialize, Serialize};
use shared::{
    lambda::{
        batch::{Batch, Record, Unreadable, response},
        deadline::Deadline,
        metric::Metrics,
    },
    ports::{
        certificate_test::{TestPush, TestReport},
        credential_check::{CheckResult, CheckedNotifier},
        push_now::PushNowReport,
        queue::{PushJob, PushRecord, RecordJob, RevokeJob},
    },
};

use crate::deliver::{Deliver, Ports};

/// The event that invokes the function.
#[derive(Debug, Deserialize)]
pub struct Event {
    /// queue records
    #[serde(rename = "Records", default)]
    records: Vec<SqsMessage>,
    /// a direct call
    #[serde(default)]
    test: Option<TestPush>,
    /// a direct call whose caller waits for the push
    #[serde(default)]
    push: Option<Box<PushJob>>,
    /// a direct call that checks credentials
    #[serde(default)]
    check: Option<Vec<CheckedNotifier>>,
}

/// The response of the function.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Output {
    /// to the queue: the records to be redelivered
    Batch(SqsBatchResponse),
    /// to the caller of a test push
    Test(TestReport),
    /// to the caller of a push
    Pushed(PushNowReport),
    /// to the caller of checks
    Checked(Vec<CheckResult>),
}

/// Processes one event.
pub async fn handle(event: Event, deliver: &Deliver, deadline: Deadline, metrics: &Metrics) -> Output {
    if let Some(push) = event.test {
        return Output::Test(deliver.test_push().run(&push).await);
    }
    if let Some(job) = event.push {
        let report = deliver.push_now(*job, deadline, metrics).await;
        let Ports { statistics, task_counts, .. } = &deliver.ports;
        futures::join!(statistics.flush_if_due(deadline), task_counts.flush(deadline));
        return Output::Pushed(report);
    }
    if let Some(asked) = event.check {
        return Output::Checked(deliver.check(&asked, deadline, metrics).await);
    }
    let mut records = SqsEvent::default();
    records.records = event.records;
    let queue = format!("push-{}", deliver.vendor);
    let ports = &deliver.ports;
    let unreadable = Unreadable { queue: &queue, returns: &*ports.returns, dead_letters: &*ports.dead_letters };
    let batch = Batch::read(records, unreadable, deadline, metrics).await;
    let Apart { pushes, revocations, ends } = apart(batch.records);
    let pushed = deliver.run(pushes, deadline, metrics);
    let (revoked, recorded) = (deliver.revoke(revocations, deadline), deliver.record(ends, deadline, metrics));
    let (failed, not_revoked, not_recorded) = futures::join!(pushed, revoked, recorded);
    futures::join!(ports.statistics.flush_if_due(deadline), ports.task_counts.flush(deadline));
    let failed = batch.failed.into_iter().chain(failed).chain(not_revoked).chain(not_recorded);
    Output::Batch(response(failed.collect()))
}

/// The records of a batch by kind.
#[derive(Default)]
struct Apart {
    pushes: Vec<Record<PushJob>>,
    revocations: Vec<Record<RevokeJob>>,
    ends: Vec<Record<RecordJob>>,
}

fn apart(records: Vec<Record<PushRecord>>) -> Apart {
    let mut apart = Apart { pushes: Vec::with_capacity(records.len()), ..Apart::default() };
    for Record { id, job, redelivered, redriven } in records {
        match job {
            PushRecord::V1(job) => apart.pushes.push(Record { id, job, redelivered, redriven }),
            PushRecord::Revoke1(job) => apart.revocations.push(Record { id, job, redelivered, redriven }),
            PushRecord::Record1(job) => apart.ends.push(Record { id, job, redelivered, redriven }),
        }
    }
    apart
}

//! Batches from a queue: each record succeeds or fails by itself.
//!
//! A newer version of the product may have written a record that this version cannot read. So an unreadable record
//! returns to its queue twice, with growing delay and the number of its reads. At the third read it is dead-lettered
//! with the reason, and an alarm tells the operator. A readable record whose work fails is reported back, and SQS
//! redelivers only that record.

use std::time::Duration;

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures::future::join_all;
use serde::de::DeserializeOwned;

use super::{
    deadline::Deadline,
    metric::{Metric, Metrics},
};
use crate::ports::queue::{DeadLetterRecord, READS, REDRIVEN, ReturnRecord};

/// Maximum reads of an unreadable record.
const MAX_READS: u32 = 3;
/// Delay of an unreadable record after its first read; after the second it is twice as long. A deployment of a stack
/// takes less.
const NEXT_READ: Duration = Duration::from_secs(300);

/// Destinations of records that a function cannot read.
#[derive(Clone, Copy)]
pub struct Unreadable<'a> {
    /// the queue's name in logs and metrics
    pub queue: &'a str,
    /// the queue that the records came from
    pub returns: &'a dyn ReturnRecord,
    /// its dead-letter queue
    pub dead_letters: &'a dyn DeadLetterRecord,
}

/// A readable record.
#[derive(Debug, Clone)]
pub struct Record<T> {
    /// its id in the queue
    pub id: String,
    /// the parsed record
    pub job: T,
    /// whether the queue delivered it before, or an operator moved it back; some of its work may be done
    pub redelivered: bool,
    /// whether an operator moved it back from the dead-letter queue; it may be days old
    pub redriven: bool,
}

/// A batch whose records were read.
#[derive(Debug)]
pub struct Batch<T> {
    /// the readable records
    pub records: Vec<Record<T>>,
    /// the ids of records to be redelivered
    pub failed: Vec<String>,
}

impl<T: DeserializeOwned> Batch<T> {
    /// Reads a batch. Returns unreadable records to the queue, or dead-letters them.
    ///
    /// A record without an id is processed like the others. Its failure is reported with an empty id, which makes SQS
    /// redeliver the whole batch. A repeated record is better than a lost one.
    pub async fn read(event: SqsEvent, unreadable: Unreadable<'_>, deadline: Deadline, metrics: &Metrics) -> Self {
        let queue = unreadable.queue;
        let mut batch = Self { records: Vec::with_capacity(event.records.len()), failed: Vec::new() };
        let mut put_away = Vec::new();
        for message in event.records {
            let redriven = message.message_attributes.contains_key(REDRIVEN);
            let redelivered = redriven || receive_count(&message) > 1;
            let reads = reads(&message) + 1;
            let id = message.message_id.unwrap_or_default();
            if id.is_empty() {
                tracing::error!(queue, "a record has no id");
            }
            let raw = message.body.unwrap_or_default();
            match serde_json::from_str(&raw) {
                Ok(job) => batch.records.push(Record { id, job, redelivered, redriven }),
                Err(error) => put_away.push(async move {
                    let done = deadline.wait(unreadable.put_away(&id, &raw, &error, reads, metrics)).await;
                    (!done.unwrap_or(false)).then_some(id)
                }),
            }
        }
        batch.failed.extend(join_all(put_away).await.into_iter().flatten());
        batch
    }
}

impl Unreadable<'_> {
    /// Returns a record to its queue, or dead-letters it after [`MAX_READS`] reads. Returns `false` if that failed.
    async fn put_away(&self, id: &str, raw: &str, error: &serde_json::Error, reads: u32, metrics: &Metrics) -> bool {
        let queue = self.queue;
        let reason = format!("not a record of this queue: {}", describe(error));
        if reads >= MAX_READS {
            return dead_letter(id, raw, &reason, queue, self.dead_letters, metrics).await;
        }
        tracing::warn!(queue, record.id = id, reads, reason, "an unreadable record is returned to its queue");
        match self.returns.return_record(raw, reads, NEXT_READ * reads).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(
                    queue,
                    record.id = id,
                    error = error.chain(),
                    "an unreadable record could not be returned"
                );
                false
            }
        }
    }
}

/// Dead-letters a record. Returns `false` if that failed.
pub async fn dead_letter(
    id: &str,
    raw: &str,
    reason: &str,
    queue: &str,
    dead_letters: &dyn DeadLetterRecord,
    metrics: &Metrics,
) -> bool {
    tracing::error!(queue, record.id = id, reason, "a record is dead-lettered");
    metrics.add(Metric::RecordsDeadLettered, [("queue", queue)], 1);
    match dead_letters.dead_letter(raw, reason).await {
        Ok(()) => true,
        Err(error) => {
            tracing::error!(queue, record.id = id, error = error.chain(), "a record could not be dead-lettered");
            false
        }
    }
}

/// Returns the response to a batch: the records to be redelivered.
pub fn response(failed: Vec<String>) -> SqsBatchResponse {
    let failures = failed.into_iter().map(|id| {
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = id;
        failure
    });
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failures.collect();
    response
}

fn receive_count(message: &SqsMessage) -> u32 {
    message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// Returns how often the record was read before without success.
fn reads(message: &SqsMessage) -> u32 {
    let attribute = message.message_attributes.get(READS).and_then(|attribute| attribute.string_value.as_deref());
    attribute.and_then(|reads| reads.parse().ok()).unwrap_or(0)
}

/// Describes the error and its place, if that is known. The error's own text may quote the record, so it is not used.
fn describe(error: &serde_json::Error) -> String {
    let kind = match error.classify() {
        serde_json::error::Category::Io | serde_json::error::Category::Syntax => "syntax error",
        serde_json::error::Category::Data => "data error",
        serde_json::error::Category::Eof => "end of text",
    };
    match (error.line(), error.column()) {
        (0, _) => kind.to_owned(),
        (line, column) => format!("{kind} at line {line}, column {column}"),
    }
}

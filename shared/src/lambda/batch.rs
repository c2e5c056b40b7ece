//! Batches from a queue: each record stands for itself.
//!
//! A record that cannot be read is set aside at once, with its reason, on the dead-letter queue: repeating it would not
//! help, and an alarm tells an operator. What a function fails to do with a readable record is reported back, so that the queue
//! gives only that record again.

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use serde::de::DeserializeOwned;

use super::metric::{Metric, Metrics};
use crate::ports::queue::DeadLetterRecord;

/// A readable record.
#[derive(Debug, Clone)]
pub struct Record<T> {
    /// the queue's id of it
    pub id: String,
    /// the record as it came
    pub raw: String,
    /// what it says
    pub job: T,
    /// the queue gave it before, so some of its work may be done
    pub redelivered: bool,
}

/// A batch, read.
#[derive(Debug)]
pub struct Batch<T> {
    /// the readable records
    pub records: Vec<Record<T>>,
    /// the ids of records to be given again
    pub failed: Vec<String>,
}

impl<T: DeserializeOwned> Batch<T> {
    /// Reads a batch; sets aside what cannot be read.
    pub async fn read(event: SqsEvent, queue: &str, dead_letters: &dyn DeadLetterRecord, metrics: &Metrics) -> Self {
        let mut batch = Self { records: Vec::with_capacity(event.records.len()), failed: Vec::new() };
        for message in event.records {
            let redelivered = receive_count(&message) > 1;
            // Without an id a failure could not be reported for this record alone.
            let Some(id) = message.message_id.filter(|id| !id.is_empty()) else {
                tracing::error!(queue, "a record has no id");
                continue;
            };
            let raw = message.body.unwrap_or_default();
            match serde_json::from_str(&raw) {
                Ok(job) => batch.records.push(Record { id, raw, job, redelivered }),
                Err(error) => {
                    let reason = format!("not a record of this queue: {}", describe(&error));
                    if !dead_letter(&id, &raw, &reason, queue, dead_letters, metrics).await {
                        batch.failed.push(id);
                    }
                }
            }
        }
        batch
    }
}

/// Sets a record aside on the dead-letter queue; `false` if that failed.
pub async fn dead_letter(
    id: &str,
    raw: &str,
    reason: &str,
    queue: &str,
    dead_letters: &dyn DeadLetterRecord,
    metrics: &Metrics,
) -> bool {
    tracing::error!(queue, record.id = id, reason, "a record is set aside");
    metrics.add(Metric::RecordsDeadLettered, [("queue", queue)], 1);
    match dead_letters.dead_letter(raw, reason).await {
        Ok(()) => true,
        Err(error) => {
            tracing::error!(queue, record.id = id, error = error.chain(), "a record could not be set aside");
            false
        }
    }
}

/// The answer to a batch: the records to be given again.
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

/// What is wrong, and where if that is known. The error's own text may quote the record.
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

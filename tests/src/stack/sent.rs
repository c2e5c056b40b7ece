//! What the functions put on queues, as the emulator recorded it (`infra/local/sent.py`).

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;
use serde_json::Value;

use super::{Description, StackError};
use crate::simulators::plain_http;

/// Reads the latest records.
#[derive(Debug, Clone)]
pub struct Sent {
    url: String,
    http: reqwest::Client,
    /// names by logical ids
    queues: BTreeMap<String, String>,
}

/// A record as it was sent.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Record {
    /// the function that sent it
    pub caller: String,
    /// the queue's name
    pub queue: String,
    /// the entry that SQS got
    pub entry: Value,
}

#[derive(Deserialize)]
struct Records {
    records: Vec<Record>,
}

impl Sent {
    pub(super) fn new(description: &Description) -> Result<Self, StackError> {
        let url = format!("{}/_curlew/sent", description.aws_endpoint_url);
        let name = |url: &String| url.rsplit('/').next().unwrap_or_default().to_owned();
        let queues = description.queues.iter().map(|(id, url)| (id.clone(), name(url))).collect();
        Ok(Self { url, http: plain_http(Duration::from_secs(10)).build()?, queues })
    }

    /// Returns the latest records, oldest first.
    pub async fn records(&self) -> Result<Vec<Record>, StackError> {
        let sent: Records = self.http.get(&self.url).send().await?.error_for_status()?.json().await?;
        Ok(sent.records)
    }

    /// Returns the bodies of the latest records of a queue, given by its logical id.
    pub async fn bodies(&self, queue: &str) -> Result<Vec<String>, StackError> {
        let name = self.queues.get(queue).ok_or(StackError::Lacking("the queue"))?;
        let of_queue = self.records().await?.into_iter().filter(|record| record.queue == *name);
        Ok(of_queue.filter_map(|record| record.entry["MessageBody"].as_str().map(str::to_owned)).collect())
    }
}

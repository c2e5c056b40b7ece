//! What the functions put on queues, as the emulator recorded it (`infra/local/sent.py`).

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::{Description, StackError};
use crate::simulators::plain_http;

/// Reads the latest records.
#[derive(Debug, Clone)]
pub struct Sent {
    url: String,
    http: reqwest::Client,
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
        Ok(Self { url, http: plain_http(Duration::from_secs(10)).build()? })
    }

    /// Returns the latest records, oldest first.
    pub async fn records(&self) -> Result<Vec<Record>, StackError> {
        let sent: Records = self.http.get(&self.url).send().await?.error_for_status()?.json().await?;
        Ok(sent.records)
    }
}

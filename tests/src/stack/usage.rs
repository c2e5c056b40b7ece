//! What the functions used, as the meter in the emulator counts it (`infra/local/meter.py`).

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use super::{Description, StackError};
use crate::simulators::plain_http;

/// Reads the meter's counts.
#[derive(Debug, Clone)]
pub struct Usage {
    url: String,
    http: reqwest::Client,
    /// logical ids by physical names; a function and its queue may share a physical name
    functions: BTreeMap<String, String>,
    places: BTreeMap<String, String>,
}

/// Calls of one kind, and what they used together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Used {
    /// who called: a function's logical id, `event source` or `client`
    pub caller: String,
    /// the service
    pub service: String,
    /// the action
    pub action: String,
    /// table, queue or function by its logical id, if the call has one
    pub resource: String,
    /// how many calls
    pub requests: u64,
    /// how many calls AWS would bill
    pub billed: u64,
    /// DynamoDB's read units
    #[serde(default)]
    pub read_units: f64,
    /// DynamoDB's write units
    #[serde(default)]
    pub write_units: f64,
    /// queue records
    #[serde(default)]
    pub records: u64,
    /// bytes of payload
    #[serde(default)]
    pub bytes: u64,
    /// memory of the invoked function, summed over the calls
    #[serde(default)]
    pub memory_mb: u64,
}

/// What was written to one partition of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Written {
    /// the table by its logical id
    pub resource: String,
    /// the partition's key
    pub partition: String,
    /// DynamoDB's write units
    pub write_units: f64,
}

/// What was used between two reads of the meter.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Counts {
    /// by call
    pub calls: Vec<Used>,
    /// by partition
    pub partitions: Vec<Written>,
}

impl Usage {
    pub(super) fn new(description: &Description) -> Result<Self, StackError> {
        Ok(Self {
            url: format!("{}/_curlew/usage", description.aws_endpoint_url),
            http: plain_http(Duration::from_secs(10)).build()?,
            functions: description.functions.iter().map(logical).collect(),
            places: description.tables.iter().chain(&description.queues).map(logical).collect(),
        })
    }

    /// Returns what was used since the last call, and starts a new count.
    pub async fn take(&self) -> Result<Counts, StackError> {
        let counts: Counts = self.http.delete(&self.url).send().await?.error_for_status()?.json().await?;
        let used = |used: Used| {
            let places = if used.service == "lambda" { &self.functions } else { &self.places };
            let (caller, resource) = (named(&self.functions, used.caller), named(places, used.resource));
            Used { caller, resource, ..used }
        };
        let written = |written: Written| Written { resource: named(&self.places, written.resource), ..written };
        Ok(Counts {
            calls: counts.calls.into_iter().map(used).collect(),
            partitions: counts.partitions.into_iter().map(written).collect(),
        })
    }
}

/// Returns the physical name, which ends a queue's URL, and the logical id.
fn logical((id, physical): (&String, &String)) -> (String, String) {
    (physical.rsplit('/').next().unwrap_or_default().to_owned(), id.clone())
}

fn named(names: &BTreeMap<String, String>, physical: String) -> String {
    names.get(&physical).cloned().unwrap_or(physical)
}

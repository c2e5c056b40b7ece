//! Invocations of functions, as the emulator notes them (`infra/local/invocations.py`).

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde::Deserialize;

use super::{Description, StackError};
use crate::simulators::plain_http;

/// Reads which invocations are under way.
#[derive(Debug, Clone)]
pub struct Invocations {
    url: String,
    http: reqwest::Client,
}

/// The invocations of a moment, by the functions' names.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct UnderWay {
    running: BTreeMap<String, BTreeSet<String>>,
    died: BTreeMap<String, u64>,
}

impl Invocations {
    pub(super) fn new(description: &Description) -> Result<Self, StackError> {
        let url = format!("{}/_curlew/invocations", description.aws_endpoint_url);
        Ok(Self { url, http: plain_http(Duration::from_secs(10)).build()? })
    }

    /// Returns the invocations of this moment.
    pub async fn now(&self) -> Result<UnderWay, StackError> {
        Ok(self.http.get(&self.url).send().await?.error_for_status()?.json().await?)
    }
}

impl UnderWay {
    /// Returns the ids of a function's invocations that have not returned.
    pub fn running(&self, function: &str) -> BTreeSet<String> {
        self.running.get(function).cloned().unwrap_or_default()
    }

    /// Returns how many invocations of a function ended because their process died. The process had the invocation, and
    /// had not answered it.
    pub fn died(&self, function: &str) -> u64 {
        self.died.get(function).copied().unwrap_or_default()
    }
}

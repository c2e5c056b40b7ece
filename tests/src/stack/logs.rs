//! The functions' logs.

use std::collections::BTreeMap;

use aws_sdk_cloudwatchlogs::Client;
use shared::aws::Sdk;

use super::{Description, StackError, cloud::aws};

/// The stack's log groups.
#[derive(Debug, Clone)]
pub struct Logs {
    groups: BTreeMap<String, String>,
    client: Client,
}

impl Logs {
    pub(super) fn new(sdk: &Sdk, description: &Description) -> Self {
        Self { groups: description.log_groups.clone(), client: Client::new(sdk.config()) }
    }

    /// Returns the groups' logical ids.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.groups.keys().map(String::as_str)
    }

    /// Returns the lines that were written to a group since `since` (Unix milliseconds).
    pub async fn lines(&self, group: &str, since: i64) -> Result<Vec<String>, StackError> {
        let name = self.groups.get(group).ok_or(StackError::Lacking("the log group"))?;
        let mut pages = self.client.filter_log_events().log_group_name(name).start_time(since).into_paginator().send();
        let mut lines = Vec::new();
        while let Some(page) = pages.next().await {
            let events = page.map_err(aws)?.events.unwrap_or_default();
            lines.extend(events.into_iter().filter_map(|event| event.message));
        }
        Ok(lines)
    }
}

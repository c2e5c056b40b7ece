//! The proxy's control interface, as a test uses it.

use std::{collections::BTreeMap, time::Duration};

use super::plan::Plan;
use crate::simulators::plain_http;

/// The path of the control interface. AWS has none like it.
pub(super) const PATH: &str = "/_faults";

/// Controls a proxy.
#[derive(Debug, Clone)]
pub struct FaultsClient {
    url: String,
    http: reqwest::Client,
}

impl FaultsClient {
    /// Returns a client for the proxy at this address.
    pub fn new(base_url: &str) -> reqwest::Result<Self> {
        Ok(Self { url: format!("{base_url}{PATH}"), http: plain_http(Duration::from_secs(10)).build()? })
    }

    /// Begins a plan.
    pub async fn begin(&self, plan: Plan) -> reqwest::Result<()> {
        self.http.put(&self.url).json(&plan).send().await?.error_for_status().map(drop)
    }

    /// Ends the plan.
    pub async fn end(&self) -> reqwest::Result<()> {
        self.http.delete(&self.url).send().await?.error_for_status().map(drop)
    }

    /// Returns how often each fault was played, by the service that was called.
    pub async fn played(&self) -> reqwest::Result<BTreeMap<String, BTreeMap<String, u64>>> {
        self.http.get(&self.url).send().await?.error_for_status()?.json().await
    }
}

//! What every client must pass whose vendor is in trouble.

use std::time::Duration;

use serde_json::Value;
use shared::{domain::outcome::CallError, ports::vendor::CallReport};

use super::{Call, Say, Server, TestedVendor, failure, nonsense};

impl TestedVendor {
    /// What a push to one device token comes to that the vendor answers so.
    pub async fn trouble(&self, say: Say) -> String {
        let server = self.server(move |_| say.clone());
        let report = self.push(&server, &self.call_of(1)).await;
        assert_eq!(self.sends(&server).len(), 1, "no repeat in process");
        report.outcomes.map_or_else(|error| failure(&error), |outcomes| format!("{outcomes:?}"))
    }

    /// A vendor that fails is unavailable, even with half of an answer that unregisters a device token.
    pub async fn assert_failing_is_unavailable(&self, unregistering: &str) {
        let half = Say::Half { status: 500, body: unregistering.as_bytes().to_vec() };
        for say in [Say::text(500, ""), Say::text(502, "<html>"), half] {
            assert_eq!(self.trouble(say.clone()).await, "unavailable", "{say:?}");
        }
    }

    /// A push whose answer makes no sense comes to something that is `allowed`.
    pub async fn assert_nonsense_comes_to(&self, status: u16, allowed: impl Fn(&str) -> bool) {
        for body in nonsense() {
            let met = self.trouble(Say::Answer { status, headers: Vec::new(), body }).await;
            assert!(allowed(&met), "{met}");
        }
    }

    /// Pushes, and lets time pass once so many requests arrived.
    pub async fn push_unanswered(&self, server: &Server, call: &Call, requests: usize, after: Duration) -> CallReport {
        let time_passes = async {
            server.arrived(requests).await;
            tokio::time::pause();
            tokio::time::advance(after).await;
        };
        let (report, ()) = tokio::join!(self.push(server, call), time_passes);
        report
    }

    /// A message that has no answer for so long may have arrived.
    pub async fn assert_unanswered_may_have_arrived(&self, after: Duration) {
        let server = self.server(|_| Say::Hang);
        let requests = if self.token_endpoint.is_some() { 2 } else { 1 };
        let report = self.push_unanswered(&server, &self.call_of(1), requests, after).await;
        assert_eq!(report.outcomes, Err(CallError::Ambiguous { code: "timeout".into() }));
        assert_eq!(report.answer.shown(), Value::Null);
    }
}

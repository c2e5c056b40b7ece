//! The requests of one call to a vendor that takes the credential itself, without an access token, all with the same
//! headers.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use reqwest::{Url, header::HeaderMap};
use shared::{
    domain::{
        outcome::{CallError, Outcome},
        vendor_answer::VendorAnswer,
    },
    ports::vendor::CallReport,
};

use crate::{
    reporting::Refusal,
    transport::{Http, NoReply, Post, Reply},
};

/// Posts, and keeps the last answer for the report.
pub struct Keyed<'a> {
    http: &'a Http,
    url: Url,
    headers: HeaderMap,
    last: Mutex<Vec<u8>>,
}

impl<'a> Keyed<'a> {
    /// Requests to a vendor's own address.
    pub fn new(http: &'a Http, own: &str, headers: HeaderMap) -> Result<Self, NoReply> {
        Ok(Self { http, url: http.address(own)?, headers, last: Mutex::default() })
    }

    /// Posts a body and judges the answer.
    pub async fn post<T>(&self, body: Bytes, judge: impl Fn(&Reply) -> Result<T, Refusal>) -> Result<T, CallError> {
        self.post_to(&self.url, body, judge).await
    }

    /// The same to another address, as [`Http::address`] gave it.
    pub async fn post_to<T>(
        &self,
        url: &Url,
        body: Bytes,
        judge: impl Fn(&Reply) -> Result<T, Refusal>,
    ) -> Result<T, CallError> {
        let post = Post { url: url.clone(), headers: self.headers.clone(), body, within: None };
        let reply = self.http.post(post).await?;
        let judged = judge(&reply);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = reply.body;
        judged.map_err(Refusal::last)
    }

    /// Returns the report of the call, with the vendor's last answer without `secrets`.
    pub fn report(self, outcomes: Result<Vec<Outcome>, CallError>, secrets: &[&str]) -> CallReport {
        let last = self.last.into_inner().unwrap_or_else(PoisonError::into_inner);
        CallReport { outcomes, answer: VendorAnswer::new(last, secrets) }
    }
}

//! The requests of one call, each with the call's access token: JSON behind a header, or what a vendor writes itself.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use reqwest::{
    Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use shared::{
    domain::{outcome::CallError, vendor_answer::VendorAnswer},
    ports::{clock::Clock, vendor::CallReport},
};

use super::{Access, AccessToken};
use crate::{
    reporting::{Part, Refusal, merge},
    transport::{Http, NoReply, Post, Reply},
};

/// Posts with an access token, and keeps the last answer for the report.
pub struct Authorized<'a> {
    http: &'a Http,
    url: Url,
    header: HeaderName,
    access: Access<'a>,
    stamp: Option<(HeaderName, &'a dyn Clock)>,
    mark: Option<(HeaderName, HeaderValue)>,
    last: Mutex<Vec<u8>>,
}

impl<'a> Authorized<'a> {
    /// Requests to a vendor's own address.
    pub fn new(http: &'a Http, own: &str, access: Access<'a>) -> Result<Self, NoReply> {
        let url = http.address(own)?;
        Ok(Self { http, url, header: AUTHORIZATION, access, stamp: None, mark: None, last: Mutex::default() })
    }

    /// The same with each request's time in a header, in Unix milliseconds.
    pub fn stamped(self, header: &'static str, clock: &'a dyn Clock) -> Self {
        Self { stamp: Some((HeaderName::from_static(header), clock)), ..self }
    }

    /// The same with one more header, equal in all requests.
    pub fn marked(self, header: &'static str, value: &'static str) -> Self {
        Self { mark: Some((HeaderName::from_static(header), HeaderValue::from_static(value))), ..self }
    }

    /// The same for a vendor that wants the bare access token in a header of its own.
    pub fn in_header(self, header: HeaderName) -> Self {
        Self { header, ..self }
    }

    /// Posts a body and judges the answer; once more with a new access token when the vendor calls the first expired.
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
        self.exchange(url, |token| Ok((authorization(&self.header, token)?, body.clone())), judge).await
    }

    /// The same where the access token stands elsewhere: `write` makes headers and body with it.
    pub async fn post_written<T>(
        &self,
        write: impl Fn(&AccessToken) -> Result<(HeaderMap, Bytes), NoReply>,
        judge: impl Fn(&Reply) -> Result<T, Refusal>,
    ) -> Result<T, CallError> {
        self.exchange(&self.url, write, judge).await
    }

    /// Returns the report of the call: its parts put together, and the vendor's last answer without the access token.
    pub async fn report(self, parts: Vec<Part>) -> CallReport {
        let token = self.access.token().await;
        let last = self.last.into_inner().unwrap_or_else(PoisonError::into_inner);
        CallReport { outcomes: merge(parts), answer: VendorAnswer::new(last, &[token.expose()]) }
    }

    async fn exchange<T>(
        &self,
        url: &Url,
        write: impl Fn(&AccessToken) -> Result<(HeaderMap, Bytes), NoReply>,
        judge: impl Fn(&Reply) -> Result<T, Refusal>,
    ) -> Result<T, CallError> {
        let token = self.access.token().await;
        match self.once(url, write(&token)?, &judge).await {
            Err(refusal @ Refusal::Expired { .. }) => {
                let token = self.access.renew(&token, refusal).await?;
                self.once(url, write(&token)?, &judge).await.map_err(Refusal::last)
            }
            result => result.map_err(Refusal::last),
        }
    }

    async fn once<T>(
        &self,
        url: &Url,
        (mut headers, body): (HeaderMap, Bytes),
        judge: impl Fn(&Reply) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        if let Some((name, clock)) = &self.stamp {
            headers.insert(name, HeaderValue::from(clock.now().as_millis()));
        }
        if let Some((name, value)) = &self.mark {
            headers.insert(name, value.clone());
        }
        let post = Post { url: url.clone(), headers, body, within: None };
        let reply = self.http.post(post).await?;
        let judged = judge(&reply);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = reply.body;
        judged
    }
}

impl fmt::Debug for Authorized<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorized").field("http", &self.http).field("access", &self.access).finish_non_exhaustive()
    }
}

/// The headers of every request.
pub fn authorization(name: &HeaderName, token: &AccessToken) -> Result<HeaderMap, NoReply> {
    let scheme = if *name == AUTHORIZATION { "Bearer " } else { "" };
    let mut value =
        HeaderValue::try_from(format!("{scheme}{}", token.expose())).map_err(|_| NoReply::NotSent("access token"))?;
    value.set_sensitive(true);
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert(name, value);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"));
    Ok(headers)
}

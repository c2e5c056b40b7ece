//! The requests of one call: JSON, each with the call's access token.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use reqwest::{
    Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use serde_json::Value;

use super::{
    access_token::{Access, AccessToken},
    http::{Http, NoReply, Post, Reply},
    report::answer,
    verdict::Refusal,
};
use crate::domain::outcome::CallError;

/// Posts with an access token, and keeps the last answer for the report.
#[derive(Debug)]
pub struct Authorized<'a> {
    http: &'a Http,
    url: Url,
    header: HeaderName,
    access: Access<'a>,
    last: Mutex<Vec<u8>>,
}

impl<'a> Authorized<'a> {
    /// Requests to a vendor's own address.
    pub fn new(http: &'a Http, own: &str, access: Access<'a>) -> Result<Self, NoReply> {
        Ok(Self { http, url: http.address(own)?, header: AUTHORIZATION, access, last: Mutex::default() })
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
        let token = self.access.token().await;
        match self.once(url, &token, body.clone(), &judge).await {
            Err(Refusal::Expired { code }) => {
                let token = self.access.renew(&token, code).await?;
                self.once(url, &token, body, &judge).await.map_err(Refusal::last)
            }
            result => result.map_err(Refusal::last),
        }
    }

    /// The vendor's last answer, without the access token.
    pub async fn answer(self) -> Value {
        let token = self.access.token().await;
        let last = self.last.into_inner().unwrap_or_else(PoisonError::into_inner);
        answer(&last, &[token.expose()])
    }

    async fn once<T>(
        &self,
        url: &Url,
        token: &AccessToken,
        body: Bytes,
        judge: impl Fn(&Reply) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let post = Post { url: url.clone(), headers: headers(&self.header, token)?, body, within: None };
        let reply = self.http.post(post).await?;
        let judged = judge(&reply);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = reply.body;
        judged
    }
}

fn headers(name: &HeaderName, token: &AccessToken) -> Result<HeaderMap, NoReply> {
    let scheme = if *name == AUTHORIZATION { "Bearer " } else { "" };
    let mut value =
        HeaderValue::try_from(format!("{scheme}{}", token.expose())).map_err(|_| NoReply::NotSent("access token"))?;
    value.set_sensitive(true);
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert(name, value);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"));
    Ok(headers)
}

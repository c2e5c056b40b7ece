//! A request for people to look at, as a client writes it, without secrets.

use std::collections::BTreeMap;

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde::Serialize;
use serde_json::Value;

use super::form::fields;

/// Stands for tokens, secrets, and everything else that only the credential knows.
pub const MASK: &str = "***";

/// A request to a vendor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Description {
    /// always POST
    pub method: &'static str,
    /// the vendor's own address
    pub url: String,
    /// its headers, names in lower case
    pub headers: BTreeMap<String, String>,
    /// JSON as it is; a form as an object of texts
    pub body: Value,
    /// what was taken for granted of the credential
    pub assumes: &'static str,
}

impl Description {
    /// A request as a client writes it.
    pub(crate) fn new(url: String, headers: &HeaderMap, body: &[u8], assumes: &'static str) -> Self {
        let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let is_json = headers.get(CONTENT_TYPE).is_some_and(|kind| text(kind).starts_with("application/json"));
        Self {
            method: "POST",
            url,
            headers: headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: if is_json { serde_json::from_slice(body).unwrap_or_default() } else { fields(body).into() },
            assumes,
        }
    }

    /// The same with more fields of the body masked, where they are there.
    pub(crate) fn masking(mut self, names: &[&str]) -> Self {
        for name in names {
            if let Some(value) = self.body.get_mut(*name) {
                *value = MASK.into();
            }
        }
        self
    }
}

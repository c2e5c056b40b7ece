//! What would be sent, for people to look at: the request of a vendor's client, written by the functions that write the real one.
//!
//! Credentials are not opened for this. What comes from them, and what must not be shown, is [`MASK`].

use std::{collections::BTreeMap, slice, time::Duration};

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{fcm, form::fields, honor, huawei, meizu, oppo, record::rejected, vivo, xiaomi};
use crate::{
    domain::{binding::DeviceToken, outcome::CallError, push::Notification, vendor::Vendor},
    ports::{
        access_tokens::TokenOwner,
        vendor::{Credential, VendorCall},
    },
};

/// Stands for tokens, secrets, and everything else that only the credential knows.
pub const MASK: &str = "***";

/// A push to one device.
#[derive(Debug, Clone, Copy)]
pub struct Push<'a> {
    /// whose notifier
    pub owner: &'a TokenOwner,
    /// which of the vendor's interfaces the notifier uses, where there are several
    pub api: Option<&'a str>,
    /// the notifier's defaults
    pub options: &'a Map<String, Value>,
    /// what to show
    pub notification: &'a Notification,
    /// how long the vendor may still try
    pub ttl: Duration,
    /// where the vendor is told to report to; its secret as [`MASK`]
    pub receipt_url: Option<&'a str>,
}

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
    pub(super) fn new(url: String, headers: &HeaderMap, body: &[u8], assumes: &'static str) -> Self {
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
    pub(super) fn masking(mut self, names: &[&str]) -> Self {
        for name in names {
            if let Some(value) = self.body.get_mut(*name) {
                *value = MASK.into();
            }
        }
        self
    }
}

/// The request that the vendor's client would make. `Err` if it would refuse to make one.
pub fn describe(vendor: Vendor, push: &Push<'_>) -> Result<Description, CallError> {
    let token = DeviceToken::parse(MASK).map_err(rejected)?;
    let credential = Credential::new(Value::Null, MASK.to_owned());
    let call = VendorCall {
        owner: push.owner,
        credential: &credential,
        options: push.options,
        notification: push.notification,
        ttl: push.ttl,
        receipt_url: push.receipt_url,
        tokens: slice::from_ref(&token),
    };
    match vendor {
        Vendor::Fcm => fcm::describe(&call, &token),
        Vendor::Huawei => huawei::describe(&call, &token, push.api),
        Vendor::Honor => honor::describe(&call, &token),
        Vendor::Xiaomi => xiaomi::describe(&call, &token),
        Vendor::Oppo => oppo::describe(&call, &token),
        Vendor::Vivo => vivo::describe(&call, &token),
        Vendor::Meizu => meizu::describe(&call, &token),
    }
}

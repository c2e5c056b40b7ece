//! A request as a vendor sees it.

use bytes::Bytes;
use serde_json::Value;

use super::form::Form;

/// A request to a vendor.
#[derive(Clone, Debug)]
pub struct Request {
    /// The HTTP method.
    pub method: String,
    /// Path without the vendor's prefix, as on the vendor's own host.
    pub path: String,
    /// The query.
    pub query: Option<String>,
    /// Headers in the order received, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub version: String,
    /// Number of the connection it came on.
    pub connection: u64,
}

impl Request {
    /// Returns the first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns the bearer token. The scheme is compared without case, as RFC 6750 allows.
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
    }

    /// Returns the body's media type without parameters, in lower case.
    pub fn media_type(&self) -> String {
        let whole = self.header("content-type").unwrap_or_default();
        whole.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// Parses the body as JSON.
    pub fn json(&self) -> Result<Value, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    /// Returns the form, unless the content type says that the body is something else.
    pub fn form(&self) -> Option<Form> {
        (self.media_type() == "application/x-www-form-urlencoded").then(|| Form::parse(&self.body))
    }
}

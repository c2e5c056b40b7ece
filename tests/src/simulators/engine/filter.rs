//! Filters for requests and deliveries.

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::recorder::Recorded;
use super::shade::Delivery;
use super::vendor::Endpoint;

/// A filter. All given fields must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// The vendor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// The endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
    /// Device token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Text in the body, however the body encodes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Only entries after this `seq`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
}

impl Filter {
    /// Returns a filter for one vendor.
    pub fn vendor(vendor: &str) -> Self {
        Self { vendor: Some(vendor.to_owned()), ..Self::default() }
    }

    /// Matches only this endpoint.
    #[must_use]
    pub fn at(self, endpoint: Endpoint) -> Self {
        Self { endpoint: Some(endpoint), ..self }
    }

    /// Matches only this device token.
    #[must_use]
    pub fn for_token(self, token: impl Into<String>) -> Self {
        Self { token: Some(token.into()), ..self }
    }

    /// Matches only bodies with this text.
    #[must_use]
    pub fn with_text(self, text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..self }
    }

    /// Matches only entries after this `seq`.
    #[must_use]
    pub fn after(self, seq: u64) -> Self {
        Self { after: Some(seq), ..self }
    }

    pub(crate) fn admits_request(&self, request: &Recorded) -> bool {
        self.vendor.as_ref().is_none_or(|vendor| *vendor == request.vendor)
            && self.endpoint.is_none_or(|endpoint| endpoint == request.endpoint)
            && self.token.as_ref().is_none_or(|token| request.targets.contains(token))
            && self.after.is_none_or(|seq| request.seq > seq)
            && self.text.as_ref().is_none_or(|text| body_holds(&request.body, text))
    }

    pub(crate) fn admits_delivery(&self, delivery: &Delivery) -> bool {
        let notice = &delivery.notice;
        let fields = [notice.title.as_deref(), notice.body.as_deref()];
        let shown = |text: &str| fields.iter().flatten().any(|field| field.contains(text));
        self.vendor.as_ref().is_none_or(|vendor| *vendor == delivery.vendor)
            && self.token.as_ref().is_none_or(|token| *token == notice.token)
            && self.after.is_none_or(|seq| delivery.seq > seq)
            && self.text.as_ref().is_none_or(|text| shown(text) || value_holds(&notice.data, text))
    }
}

fn body_holds(body: &str, text: &str) -> bool {
    let decoded = || percent_decode_str(&body.replace('+', " ")).decode_utf8_lossy().into_owned();
    body.contains(text)
        || serde_json::from_str(body).is_ok_and(|value| value_holds(&value, text))
        || (body.contains('%') && decoded().contains(text))
}

/// Returns whether a value holds the text. It also searches JSON documents inside strings.
fn value_holds(value: &Value, text: &str) -> bool {
    match value {
        Value::String(inner) => {
            inner.contains(text)
                || (inner.starts_with(['{', '['])
                    && serde_json::from_str(inner).is_ok_and(|value| value_holds(&value, text)))
        }
        Value::Array(items) => items.iter().any(|item| value_holds(item, text)),
        Value::Object(members) => members.values().any(|member| value_holds(member, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_in_every_encoding() {
        for body in [
            "晚上见",
            r#"{"a":["\u665a\u4e0a\u89c1"]}"#,
            r#"{"data":"{\"body\":\"\\u665a\\u4e0a\\u89c1\"}"}"#,
            "message=%E6%99%9A%E4%B8%8A%E8%A7%81&x=1",
        ] {
            assert!(body_holds(body, "晚上见"), "{body}");
        }
        assert!(!body_holds("%E6%99%9A", "晚上见"));
    }
}

//! Reports that vendors send after a push.

use serde::{Deserialize, Serialize};

/// What happened on the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptEvent {
    /// The notification reached the phone.
    Delivered,
    /// The app was removed. Only some vendors report it.
    Unregistered,
}

/// A report that a test orders, and its address.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptOrder {
    /// The vendor.
    pub vendor: String,
    /// The phone. The report is about the last push that reached it.
    pub token: String,
    /// The event.
    pub event: ReceiptEvent,
    /// The address that the vendor's console has, on the loopback interface. If the push named an address, the report
    /// goes to that address's path on this host.
    pub to: String,
    /// The secret in the console that proves the report.
    #[serde(default)]
    pub secret: String,
}

/// The body of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The content type.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
    /// The address that the push named.
    pub address: Option<String>,
}

impl Report {
    /// Returns the report for a push that named this address.
    #[must_use]
    pub fn to(self, address: &serde_json::Value) -> Self {
        Self { address: address.as_str().map(str::to_owned), ..self }
    }

    /// Returns a report with a JSON body.
    pub fn json(body: &serde_json::Value) -> Self {
        Self { content_type: "application/json", body: body.to_string(), address: None }
    }

    /// Returns a report with a form body.
    pub fn form(fields: &[(&str, &str)]) -> Self {
        let mut form = String::new();
        for (name, value) in fields {
            let separator = if form.is_empty() { "" } else { "&" };
            let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
            form.push_str(&format!("{separator}{name}={value}"));
        }
        Self { content_type: "application/x-www-form-urlencoded", body: form, address: None }
    }
}

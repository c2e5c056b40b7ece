//! What vendors report of a push later.

use serde::{Deserialize, Serialize};

/// What happened on the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptEvent {
    Delivered,
    /// The app is gone; reported by vendors that have a word for it.
    Unregistered,
}

/// Which report is to be sent where.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptOrder {
    pub vendor: String,
    /// The phone; the report is of the last push that reached it.
    pub token: String,
    pub event: ReceiptEvent,
    /// The address that the vendor's console holds, on the loopback interface. Where the push named an address, the report goes to
    /// that one's path on this host.
    pub to: String,
    /// What the console holds to prove that a report is the vendor's own.
    #[serde(default)]
    pub secret: String,
}

/// The body of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub content_type: &'static str,
    pub body: String,
    /// The address that the push named.
    pub address: Option<String>,
}

impl Report {
    /// The same of a push that named where to report to.
    #[must_use]
    pub fn to(self, address: &serde_json::Value) -> Self {
        Self { address: address.as_str().map(str::to_owned), ..self }
    }

    pub fn json(body: &serde_json::Value) -> Self {
        Self { content_type: "application/json", body: body.to_string(), address: None }
    }

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

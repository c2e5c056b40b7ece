//! Bodies and parameters of the control interface, defined once for the server and the client.

use serde::{Deserialize, Serialize};

use crate::simulators::engine::{
    Delivery, Device, DeviceView, Endpoint, FaultRule, Filter, Part, Recorded, UnknownTokens,
};

/// A [`Filter`] and how long to wait, in one flat struct: a query string can hold nothing else.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    #[serde(default)]
    pub at_least: usize,
    #[serde(default)]
    pub wait_ms: u64,
}

impl Query {
    /// Returns the parameters for a filter and a wait.
    pub fn new(filter: &Filter, at_least: usize, wait_ms: u64) -> Self {
        let Filter { vendor, endpoint, token, text, after } = filter.clone();
        Self { vendor, endpoint, token, text, after, at_least, wait_ms }
    }

    /// Returns the filter.
    pub fn filter(self) -> Filter {
        let Self { vendor, endpoint, token, text, after, .. } = self;
        Filter { vendor, endpoint, token, text, after }
    }
}

/// The vendor, and the account or device.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identified {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// The vendor and the text of a derived device token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MadeOf {
    pub vendor: String,
    pub text: String,
}

/// The vendors of `GET /health`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Health {
    pub vendors: Vec<String>,
}

/// The requests of `GET /requests`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Requests {
    pub requests: Vec<Recorded>,
}

/// The deliveries of `GET /deliveries`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Deliveries {
    pub deliveries: Vec<Delivery>,
}

/// Devices to register, or phones as the simulators see them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Devices<T = Device> {
    pub devices: Vec<T>,
}

/// The phones of `GET /devices`.
pub type Views = Devices<DeviceView>;

/// The body of `POST /unknown-tokens`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unknown {
    pub vendor: String,
    pub are: UnknownTokens,
}

/// The rules of `/faults`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    pub rules: Vec<FaultRule>,
}

/// The body of `POST /expire-tokens`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expire {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
}

/// How many access tokens were ended.
#[derive(Debug, Serialize, Deserialize)]
pub struct Expired {
    pub expired: usize,
}

/// The body of `POST /reset`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<Vec<Part>>,
}

/// The body of an error.
#[derive(Debug, Serialize, Deserialize)]
pub struct Failure {
    pub error: String,
}

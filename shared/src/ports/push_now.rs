//! A push that its caller waits for: the vendor's function is called directly, and reports each device.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{error::StoreError, queue::PushJob};
use crate::domain::{id::DeviceId, vendor::Vendor};

/// How the push to a device ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PushNowStatus {
    /// the vendor took it
    Success,
    /// the vendor refused it, or it cannot be sent
    Fail,
    /// nobody knows what the vendor did, or the vendor cannot take it now
    Error,
}

/// The report of a push that was waited for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PushNowReport {
    /// the devices that the push was sent to, or that could not get it
    pub devices: Vec<PushNowDevice>,
}

/// What became of the push to one device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PushNowDevice {
    /// the device
    pub device_id: DeviceId,
    /// how it ended
    pub status: PushNowStatus,
    /// the reason of a failure, and the vendor's code
    pub detail: String,
    /// the vendor's answer as it came, parsed where it is JSON; `Null` if there was none
    pub answer: Value,
}

/// Asks a vendor's function to push at once.
#[async_trait]
pub trait PushNow: Send + Sync {
    /// Pushes and waits for the report. After an error nobody knows whether the push was sent.
    async fn push_now(&self, vendor: Vendor, job: &PushJob) -> Result<PushNowReport, StoreError>;
}

//! The delivery result of one device.

use std::fmt;

use shared::domain::reason::Reason;

/// The delivery result of one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// the device; `None` when the receiver has no device to push to
    pub device: Option<String>,
    /// the result
    pub result: DeliveryResult,
}

/// A delivery result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryResult {
    /// the vendor accepted it
    Pushed {
        /// at which attempt
        attempts: u32,
    },
    /// no push
    Suppressed(Reason),
    /// the vendor, or the product on its behalf, refused it
    Refused {
        /// why
        reason: Reason,
        /// at which attempt
        attempts: u32,
    },
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.device.as_deref().unwrap_or("no device"), self.result)
    }
}

impl fmt::Display for DeliveryResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pushed { attempts } => write!(f, "pushed at attempt {attempts}"),
            Self::Suppressed(reason) => write!(f, "suppressed, {reason}"),
            Self::Refused { reason, attempts } => write!(f, "refused at attempt {attempts}, {reason}"),
        }
    }
}

// ---- results that the demo expects ----

/// Expects an accepted push at the first attempt.
pub fn pushed(device: &str) -> Ended {
    pushed_at(device, 1)
}

/// Expects an accepted push at that attempt.
pub fn pushed_at(device: &str, attempts: u32) -> Ended {
    Ended { device: Some(device.to_owned()), result: DeliveryResult::Pushed { attempts } }
}

/// Expects no push to the device, for this reason.
pub fn suppressed(device: &str, reason: Reason) -> Ended {
    Ended { device: Some(device.to_owned()), result: DeliveryResult::Suppressed(reason) }
}

/// Expects no push, because the receiver has no device to push to.
pub fn suppressed_without_device(reason: Reason) -> Ended {
    Ended { device: None, result: DeliveryResult::Suppressed(reason) }
}

/// Expects a refusal at the first attempt.
pub fn refused(device: &str, reason: Reason) -> Ended {
    Ended { device: Some(device.to_owned()), result: DeliveryResult::Refused { reason, attempts: 1 } }
}

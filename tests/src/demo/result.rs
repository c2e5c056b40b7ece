//! Pushed or silent: how it ended for one device.

use std::fmt;

use shared::domain::reason::Reason;

/// How it ended for one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// the device; `None` when the receiver has none that could be reached
    pub device: Option<String>,
    /// how it ended
    pub result: DeliveryResult,
}

/// Pushed or silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryResult {
    /// the vendor took it
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
            Self::Suppressed(reason) => write!(f, "silent, {reason}"),
            Self::Refused { reason, attempts } => write!(f, "refused at attempt {attempts}, {reason}"),
        }
    }
}

// ---- as the story foretells it ----

/// The device gets the push at once.
pub fn pushed(device: &str) -> Ended {
    pushed_at(device, 1)
}

/// The device gets the push at that attempt.
pub fn pushed_at(device: &str, attempts: u32) -> Ended {
    Ended { device: Some(device.to_owned()), result: DeliveryResult::Pushed { attempts } }
}

/// The device stays silent.
pub fn suppressed(device: &str, reason: Reason) -> Ended {
    Ended { device: Some(device.to_owned()), result: DeliveryResult::Suppressed(reason) }
}

/// There is no device that could ring.
pub fn suppressed_without_device(reason: Reason) -> Ended {
    Ended { device: None, result: DeliveryResult::Suppressed(reason) }
}

/// The vendor refuses at once.
pub fn refused(device: &str, reason: Reason) -> Ended {
    Ended { device: Some(device.to_owned()), result: DeliveryResult::Refused { reason, attempts: 1 } }
}

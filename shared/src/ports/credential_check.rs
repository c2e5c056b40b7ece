//! Checks of notifiers' credentials: asked of the vendors' functions, which hold the credentials.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use crate::domain::{
    id::{AppKey, NotifierName},
    vendor::Vendor,
};

/// Maximum notifiers of one request: as many as a function checks in its time, even of a slow vendor.
pub const MAX_CHECKED: usize = 16;

/// A notifier whose credential is to be checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckedNotifier {
    /// the app
    pub app: AppKey,
    /// its notifier
    pub notifier: NotifierName,
}

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckResult {
    /// the vendor issued an access token, or the present one is good until after the next check
    Valid,
    /// the vendor refuses the credential
    Refused,
    /// nobody knows, because the vendor or a part of the stack did not answer
    Unclear,
    /// the vendor has no request that checks a credential and shows nothing
    NotOffered,
    /// not asked: no time was left, or the notifier was disabled, changed or deleted
    Skipped,
    /// a result of a newer version
    #[serde(other)]
    Unknown,
}

impl CheckResult {
    /// Returns the name in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Refused => "refused",
            Self::Unclear => "unclear",
            Self::NotOffered => "not_offered",
            Self::Skipped => "skipped",
            Self::Unknown => "unknown",
        }
    }
}

/// Asks a vendor's function to check credentials.
#[async_trait]
pub trait CheckCredentials: Send + Sync {
    /// Checks at most [`MAX_CHECKED`] notifiers of the vendor. Returns one result for each, in their order. The function
    /// stores what failed in the notifiers' health.
    async fn check(&self, vendor: Vendor, notifiers: &[CheckedNotifier]) -> Result<Vec<CheckResult>, StoreError>;
}

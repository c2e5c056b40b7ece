//! The phone vendors that Curlew speaks to.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::invalid::Invalid;

/// A phone vendor's push service. The only list of vendors in the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Vendor {
    /// Google Firebase Cloud Messaging, HTTP v1
    Fcm,
    /// Huawei Push Kit for Android, v1 and v2
    Huawei,
    /// Honor Push
    Honor,
    /// Xiaomi Push
    Xiaomi,
    /// OPPO push for OPPO, realme and OnePlus
    Oppo,
    /// vivo Push
    Vivo,
    /// Meizu push (Flyme)
    Meizu,
}

impl Vendor {
    /// Every vendor, in the order in which documents list them.
    pub const ALL: [Self; 7] =
        [Self::Fcm, Self::Huawei, Self::Honor, Self::Xiaomi, Self::Oppo, Self::Vivo, Self::Meizu];

    /// Returns the name in the API, in queue names and in logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fcm => "fcm",
            Self::Huawei => "huawei",
            Self::Honor => "honor",
            Self::Xiaomi => "xiaomi",
            Self::Oppo => "oppo",
            Self::Vivo => "vivo",
            Self::Meizu => "meizu",
        }
    }

    /// Returns the name in environment variables.
    pub fn upper_name(self) -> String {
        self.name().to_ascii_uppercase()
    }

    /// Parses the API's name.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::ALL.into_iter().find(|vendor| vendor.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Invalid::new("vendor", format!("must be one of: {names}"))
        })
    }
}

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

//! The phone vendors that Curlew speaks to.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::invalid::Invalid;

/// Calls a macro with the list of vendors, the only one in the product, in the order in which documents list them.
///
/// A line has the vendor's description, its variant of [`Vendor`], and its name in the API, in queue names, in logs,
/// and of its folder. Code that needs something of each vendor calls it: the enum here, the registry in `vendors`, the
/// simulators in `tests`.
#[macro_export]
macro_rules! for_each_vendor {
    ($receiver:ident) => {
        $receiver! {
            /// Google Firebase Cloud Messaging, HTTP v1
            Fcm fcm,
            /// Huawei Push Kit: v1 and v2 for Android, v3 for HarmonyOS
            Huawei huawei,
            /// Honor Push
            Honor honor,
            /// Xiaomi Push
            Xiaomi xiaomi,
            /// OPPO push for OPPO, realme and OnePlus
            Oppo oppo,
            /// vivo Push
            Vivo vivo,
            /// Meizu push (Flyme)
            Meizu meizu,
        }
    };
}

macro_rules! declare {
    ($($(#[doc = $doc:literal])* $vendor:ident $name:ident,)*) => {
        /// A phone vendor's push service.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum Vendor {
            $($(#[doc = $doc])* $vendor,)*
        }

        impl Vendor {
            /// Every vendor, in the order in which documents list them.
            pub const ALL: [Self; [$(Self::$vendor),*].len()] = [$(Self::$vendor),*];

            /// Returns the name in the API, in queue names and in logs.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$vendor => stringify!($name),)*
                }
            }
        }
    };
}
for_each_vendor!(declare);

impl Vendor {
    /// Returns the name in environment variables.
    pub fn upper_name(self) -> String {
        self.name().to_ascii_uppercase()
    }

    /// Returns whether the vendor can remove a shown notification from phones. A test compares it with the clients.
    pub const fn revokes(self) -> bool {
        match self {
            Self::Fcm | Self::Huawei | Self::Xiaomi => true,
            Self::Honor | Self::Oppo | Self::Vivo | Self::Meizu => false,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendor_is_stored_under_its_name() {
        for vendor in Vendor::ALL {
            assert_eq!(serde_json::to_value(vendor).unwrap(), vendor.name());
        }
    }
}

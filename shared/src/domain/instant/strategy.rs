//! Strategies: which channels may carry an instant push.

use serde::{Deserialize, Serialize};

use crate::domain::invalid::Invalid;

/// Which channels may carry an instant push. The own channel is a client's connection to Curlew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "u8", into = "u8")]
pub enum Strategy {
    /// 0: the vendor; if no vendor takes it, the own channel
    VendorFirst,
    /// 1: the own channel only
    OwnChannel,
    /// 2: the vendor only
    #[default]
    Vendor,
    /// 3: the own channel if the receiver is online, else the vendor; if no vendor takes it, the own channel
    OwnChannelFirst,
    /// 4: the own channel, and only if the receiver is online
    Online,
}

impl Strategy {
    /// Every strategy, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::VendorFirst, Self::OwnChannel, Self::Vendor, Self::OwnChannelFirst, Self::Online];

    /// Returns its number in the API.
    pub const fn number(self) -> u8 {
        match self {
            Self::VendorFirst => 0,
            Self::OwnChannel => 1,
            Self::Vendor => 2,
            Self::OwnChannelFirst => 3,
            Self::Online => 4,
        }
    }

    /// Parses a caller's number. The reference names 2 as the default.
    pub fn parse(number: Option<i64>) -> Result<Self, Invalid> {
        let Some(number) = number else {
            return Ok(Self::default());
        };
        let found = Self::ALL.into_iter().find(|one| i64::from(one.number()) == number);
        found.ok_or_else(|| Invalid::new("strategy", "must be 0, 1, 2, 3 or 4"))
    }

    /// Returns whether a vendor may carry the push.
    pub const fn uses_vendor(self) -> bool {
        match self {
            Self::VendorFirst | Self::Vendor | Self::OwnChannelFirst => true,
            Self::OwnChannel | Self::Online => false,
        }
    }

    /// Returns whether a receiver who is online gets the push over the own channel, and no vendor is asked.
    pub const fn asks_presence(self) -> bool {
        match self {
            Self::OwnChannel | Self::OwnChannelFirst | Self::Online => true,
            Self::VendorFirst | Self::Vendor => false,
        }
    }

    /// Returns whether the push is posted to connections, after a decision that asks a vendor or does not.
    pub const fn posts(self, vendor_asked: bool) -> bool {
        match self {
            Self::VendorFirst => !vendor_asked,
            Self::OwnChannel | Self::OwnChannelFirst | Self::Online => true,
            Self::Vendor => false,
        }
    }

    /// Returns whether the push waits until the receiver comes online, unless a vendor takes it.
    pub const fn waits_for_login(self) -> bool {
        match self {
            Self::VendorFirst | Self::OwnChannel | Self::OwnChannelFirst => true,
            Self::Vendor | Self::Online => false,
        }
    }
}

/// Reads a stored number. A number that this version does not know is the default, so that the record can be read.
impl From<u8> for Strategy {
    fn from(number: u8) -> Self {
        Self::ALL.into_iter().find(|one| one.number() == number).unwrap_or_default()
    }
}

impl From<Strategy> for u8 {
    fn from(strategy: Strategy) -> Self {
        strategy.number()
    }
}

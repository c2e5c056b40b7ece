//! The people of the demo, and their phones with what each must show.

use std::fmt;

use crate::simulators::{SIMULATORS, Spec, fcm, huawei};

/// Has a Pixel, served by FCM.
pub const ANA: &str = "Ana";
/// Has a Mate, served by Huawei, and sometimes uses a browser.
pub const WEI: &str = "Wei";
/// Has no phone.
pub const KIM: &str = "Kim";

/// Tests the app on phones of the other vendors.
pub const LIN: &str = "Lin";

/// Ana's phone.
pub const PIXEL: &str = fcm::SIMULATOR.phone;
/// Wei's phone.
pub const MATE: &str = huawei::SIMULATOR.phone;
/// Wei's other device. It has no push service, so it is never bound.
pub const BROWSER: &str = "Browser";
/// Kim's other device, which is never bound either.
pub const TABLET: &str = "tablet";

/// Returns the vendors of Lin's phones, in the order of a record.
pub fn lins() -> Vec<&'static Spec> {
    let mut vendors = SIMULATORS.to_vec();
    vendors.retain(|vendor| ![PIXEL, MATE].contains(&vendor.phone));
    vendors.sort_unstable_by_key(|vendor| vendor.phone);
    vendors
}

/// A phone.
#[derive(Debug)]
pub struct Phone {
    /// the client's id of the device
    pub device: &'static str,
    /// whose push service it has
    pub vendor: &'static Spec,
    /// the vendor's token of the installed app
    pub token: String,
    /// tokens of earlier installations
    pub former_tokens: Vec<String>,
    /// what must be in its notification shade, oldest first
    pub shade: Vec<Card>,
    /// how many notifications the demo printed already
    pub read: usize,
}

/// One notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// first line
    pub title: String,
    /// text
    pub body: String,
    /// how often it was delivered; the shade shows it once all the same
    pub alerts: u32,
}

impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.title, self.body)?;
        if self.alerts == 1 { Ok(()) } else { write!(f, " (sent {} times)", self.alerts) }
    }
}

impl Phone {
    /// Returns a phone with the app freshly installed.
    pub fn new(vendor: &'static Spec) -> Self {
        let (device, token) = (vendor.phone, (vendor.interface().device_token)());
        Self { device, vendor, token, former_tokens: Vec::new(), shade: Vec::new(), read: 0 }
    }

    /// Installs the app again: the shade is empty, and the token is new.
    pub fn install_again(&mut self) {
        let token = (self.vendor.interface().device_token)();
        self.former_tokens.push(std::mem::replace(&mut self.token, token));
        self.shade.clear();
        self.read = 0;
    }

    /// Returns every token that the phone had.
    pub fn tokens(&self) -> impl Iterator<Item = &String> {
        self.former_tokens.iter().chain([&self.token])
    }
}

/// Returns the name of the app's notifier for a vendor.
pub fn notifier(vendor: &Spec) -> String {
    format!("{}-demo", vendor.name())
}

/// Joins things into a list for the reader.
pub fn listed<T: fmt::Display>(things: impl IntoIterator<Item = T>) -> String {
    let listed: Vec<String> = things.into_iter().map(|thing| thing.to_string()).collect();
    if listed.is_empty() { "nothing".to_owned() } else { listed.join("; ") }
}
